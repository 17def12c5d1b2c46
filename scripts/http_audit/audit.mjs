// Runs the audits of graphql-http against a server, and prints the results as JSON: node audit.mjs PACKAGE URL TOKEN
const [folder, url, token] = process.argv.slice(2);
const { auditServer } = await import(`${folder}/lib/index.mjs`);

const fetchFn = (address, request = {}) =>
  fetch(address, { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
const results = await auditServer({ url, fetchFn });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
