#!/usr/bin/env node
// Nothing is imported before the check: an older Node could fail on what it does not know.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `codeact: Node ${process.versions.node} is too old.\n  Install Node 22.19 or newer (https://nodejs.org).\n`,
  );
  process.exit(2);
}

// A reader that goes away, such as `head`, ends the program without a word.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const { runCli } = await import("./program.ts");
const { processContext } = await import("./cli-context.ts");
process.exitCode = await runCli(process.argv.slice(2), processContext());

export {};
