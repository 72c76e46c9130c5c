// Writes what is made from the sources: docs/config.md, docs/json.md, docs/schemas/, src/written-config.ts, and the dashboard and
// the PrometheusRule of deploy/. Tests of the fast project fail while one of them is not current.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configTypes } from './config-page/config-types.ts';
import { configPage } from './config-page/page.ts';
import { dashboard, dashboardPath } from './deploy-files/dashboard.ts';
import { prometheusRule, prometheusRulePath, rulesPath } from './deploy-files/prometheus-rule.ts';
import { documents } from './json-page/documents.ts';
import { jsonPage, schemaFile, schemaPath } from './json-page/page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

writeFileSync(`${root}docs/config.md`, configPage());
writeFileSync(`${root}src/written-config.ts`, configTypes());
writeFileSync(`${root}docs/json.md`, jsonPage());
mkdirSync(`${root}docs/schemas`, { recursive: true });
for (const document of documents) writeFileSync(root + schemaPath(document.name), schemaFile(document));
writeFileSync(root + dashboardPath, dashboard());
writeFileSync(root + prometheusRulePath, prometheusRule(readFileSync(root + rulesPath, 'utf8')));
