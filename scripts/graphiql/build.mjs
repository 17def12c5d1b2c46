import { build } from "esbuild";
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const here = import.meta.dirname;
const output = join(here, "../../gateway/web/graphiql");
const assets = join(output, "assets");

await rm(output, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: {
    graphiql: "main.jsx",
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
  },
  outdir: assets,
  bundle: true,
  minify: true,
  jsx: "automatic",
  loader: { ".ttf": "file", ".woff2": "file" },
  assetNames: "[name]",
  legalComments: "none", // LICENSES.txt has them in full
  metafile: true,
  // Where a package requires graphql, it gets the one that the others import: its classes must be the same.
  mainFields: ["browser", "module", "main"],
});
await copyFile(join(here, "index.html"), join(output, "index.html"));
await writeFile(join(assets, "LICENSES.txt"), await licences(Object.keys(metafile.inputs)));

async function licences(inputs) {
  const folders = inputs.map((path) => path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]);
  const texts = await Promise.all([...new Set(folders.filter(Boolean))].map(licence));
  return texts.sort().join(`\n${"=".repeat(80)}\n\n`);
}

async function licence(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(here, folder, "package.json")));
  const files = (await readdir(join(here, folder)))
    .filter((file) => /^(licen[cs]e|notice|thirdpartynotices)/i.test(file))
    .sort();
  const texts = await Promise.all(files.map((file) => readFile(join(here, folder, file), "utf8")));
  // Some packages name their licence without shipping its text.
  return [`${name} ${version} (${license})\n`, ...texts].join("\n");
}
