import { dump, load } from 'js-yaml';

/** Where the alerts are, and where they are kept as an object of Kubernetes. From the root of the repository. */
export const rulesPath = 'deploy/prometheus/rules.yaml';
export const prometheusRulePath = 'deploy/kubernetes/overlays/production/prometheus-rule.yaml';

/** The alerts as the operator of Prometheus reads them. */
export function prometheusRule(rules: string): string {
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'cronsync', labels: { 'app.kubernetes.io/name': 'cronsync' } },
    spec: load(rules),
  };
  return `# Made from ${rulesPath} by "npm run docs".\n${dump(object, { lineWidth: -1 })}`;
}
