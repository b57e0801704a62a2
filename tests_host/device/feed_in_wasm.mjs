// Runs a MicroPython script under a WebAssembly build of MicroPython.
// Arguments: the build's folder, a library folder to be /lib, a folder to be /data, the script, the script's arguments.

import fs from "fs";
import path from "path";

const [, , build, lib, data, script, ...args] = process.argv;
const { loadMicroPython } = await import(path.resolve(build, "micropython.mjs"));
const lines = [];
const python = await loadMicroPython({ heapsize: 8 << 20, linebuffer: true, stdout: (line) => lines.push(line) });

function copy(from, to) {
  if (!python.FS.analyzePath(to).exists) python.FS.mkdir(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    if (entry.isDirectory()) copy(source, `${to}/${entry.name}`);
    else python.FS.writeFile(`${to}/${entry.name}`, new Uint8Array(fs.readFileSync(source)));
  }
}

copy(lib, "/lib");
copy(data, "/data");
const start = `import sys\nsys.path.append("/lib")\nsys.argv[:] = ${JSON.stringify([script, ...args])}\n`;
python.runPython(start + fs.readFileSync(script, "utf8"));
fs.writeSync(1, lines.join("\n") + "\n");
