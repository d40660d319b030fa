// Re-creates static/vendor from the packages pinned in package-lock.json:
//     npm ci --ignore-scripts && npm run vendor
// Only someone who changes a version needs this; running and testing the portal needs no node.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const vendor = join(root, "static", "vendor");

const version = async (name) => JSON.parse(await readFile(join(modules, name, "package.json"), "utf8")).version;

async function folderFor(name) {
  const folder = join(vendor, `${name.replace(/\.js$/, "")}-${await version(name)}`);
  await mkdir(folder, { recursive: true });
  return folder;
}

// Source maps are not shipped, and the manifest storage refuses a reference to a file that is not there.
const withoutSourceMap = (text) => text.replace(/\n?\/[/*]# sourceMappingURL=.*$/gm, "").trimEnd() + "\n";

async function copyText(from, to) {
  await writeFile(to, withoutSourceMap(await readFile(from, "utf8")));
}

async function vendorBootstrap() {
  const folder = await folderFor("bootstrap");
  const source = join(modules, "bootstrap");
  await copyText(join(source, "dist/css/bootstrap.min.css"), join(folder, "bootstrap.min.css"));
  await copyText(join(source, "dist/js/bootstrap.bundle.min.js"), join(folder, "bootstrap.bundle.min.js"));
  await copyText(join(source, "LICENSE"), join(folder, "LICENSE"));
}

async function vendorIcons() {
  const folder = await folderFor("bootstrap-icons");
  const names = (await readFile(join(root, "scripts", "icons.txt"), "utf8")).split("\n").filter(Boolean);
  const symbols = [];
  for (const name of [...names].sort()) {
    const svg = await readFile(join(modules, "bootstrap-icons", "icons", `${name}.svg`), "utf8");
    const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
    symbols.push(`<symbol id="${name}" viewBox="0 0 16 16">${inner}</symbol>`);
  }
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
  await writeFile(join(folder, "sprite.svg"), sprite);
  await copyText(join(modules, "bootstrap-icons", "LICENSE"), join(folder, "LICENSE"));
}

// plotly.js writes its rules into an inline <style> unless an element with its id is already there;
// the rules as a file keep the content security policy free of 'unsafe-inline'.
async function plotlyStyles() {
  const source = await readFile(join(modules, "plotly.js/build/plotcss.js"), "utf8");
  const rules = [];
  const run = new Function("require", source);
  run(() => ({ addStyleRule: (selector, body) => rules.push(`${selector}{${body}}`) }));
  return `/* plotly.js ${await version("plotly.js")}, rules of build/plotcss.js */\n${rules.join("\n")}\n`;
}

async function vendorPlotly() {
  const folder = await folderFor("plotly.js");
  const source = join(modules, "plotly.js");
  await build({
    entryPoints: [join(root, "scripts", "plotly-entry.cjs")],
    outfile: join(folder, "plotly.min.js"),
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "Plotly",
    define: { global: "window" },
    target: "es2018",
    legalComments: "none",
    loader: { ".css": "empty" }, // the style sheet of a map library whose traces are not registered
    banner: { js: `/* plotly.js ${await version("plotly.js")}, MIT licence, own selection of traces: scripts/plotly-entry.cjs */` },
  });
  await writeFile(join(folder, "plotly.css"), await plotlyStyles());
  await copyText(join(source, "LICENSE"), join(folder, "LICENSE"));
}

// Reads QR codes where the browser has no detector of its own; loaded by the scanning page only.
async function vendorJsQR() {
  const folder = await folderFor("jsqr");
  const source = join(modules, "jsqr");
  await build({
    entryPoints: [join(source, "dist", "jsQR.js")],
    outfile: join(folder, "jsQR.min.js"),
    minify: true,
    banner: { js: `/* jsQR ${await version("jsqr")}, Apache-2.0 licence */` },
    legalComments: "none",
    target: "es2018",
  });
  await copyText(join(source, "LICENSE"), join(folder, "LICENSE"));
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

async function writeChecksums() {
  const lines = [];
  for (const file of (await filesBelow(vendor)).sort()) {
    const name = relative(vendor, file);
    if (name === "SHA256SUMS") continue;
    lines.push(`${createHash("sha256").update(await readFile(file)).digest("hex")}  ${name}`);
  }
  await writeFile(join(vendor, "SHA256SUMS"), lines.join("\n") + "\n");
}

await rm(vendor, { recursive: true, force: true });
await vendorBootstrap();
await vendorIcons();
await vendorPlotly();
await vendorJsQR();
await writeChecksums();
for (const line of (await readFile(join(vendor, "SHA256SUMS"), "utf8")).trim().split("\n")) console.log(line);
