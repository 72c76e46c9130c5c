import type { ThirdPartyHit, ThirdPartyState } from '../../src/testing.ts';

// As much of Stripe as its documentation describes (docs.stripe.com/api, version 2026-10-28.endive): list endpoints with
// `limit`, 1 to 100 and 10 by default, and `starting_after`; newest first; `has_more`. A bearer key.

export const stripeKey = 'sk_test_4eC39HqLyjWDarjtT1zdp7dc';

/** What a list endpoint answers. */
export function serveStripe({ url, headers }: ThirdPartyHit, { records }: ThirdPartyState) {
  if (headers.authorization !== `Bearer ${stripeKey}`)
    return { status: 401, body: { error: { type: 'invalid_request_error', message: 'Invalid API Key provided' } } };
  const limit = Number(url.searchParams.get('limit') ?? 10);
  const after = url.searchParams.get('starting_after');
  const at = after === null ? 0 : records.findIndex((record) => 'id' in record && record.id === after) + 1;
  if (limit < 1 || limit > 100 || (after !== null && at === 0))
    return { status: 400, body: { error: { type: 'invalid_request_error' } } };
  const data = records.slice(at, at + limit);
  return { body: { object: 'list', url: url.pathname, has_more: at + limit < records.length, data } };
}

/** So many customers, the newest first. */
export function stripeCustomers(count: number): { readonly id: string; readonly email: string | null }[] {
  return Array.from({ length: count }, (_, at) => aStripeCustomer(count - at));
}

export function aStripeCustomer(number: number, changed: object = {}) {
  return {
    id: `cus_${String(number).padStart(14, '0')}`,
    object: 'customer',
    address:
      number % 2 === 0 ? null : { city: 'Oslo', country: 'NO', line1: 'Karl Johans gate 1', postal_code: '0154' },
    balance: 0,
    created: 1_680_893_993 + number,
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    email: `person${number}@example.com`,
    invoice_prefix: '0759376C',
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: { order: String(number) },
    name: `Person ${number}`,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
    ...changed,
  };
}

export function aStripeProduct(number: number) {
  return {
    id: `prod_${String(number).padStart(14, '0')}`,
    object: 'product',
    active: true,
    created: 1_678_833_149 + number,
    default_price: null,
    description: null,
    images: [],
    marketing_features: [],
    livemode: false,
    metadata: {},
    name: `Plan ${number}`,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    unit_label: null,
    updated: 1_678_833_149 + number,
    url: null,
  };
}
