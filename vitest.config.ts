import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Attacks that use up a machine depend on what else it does: there, once more tells a fault from bad luck.
    retry: process.env["CI"] === undefined ? 0 : 1,
    reporters: ["default", "json"],
    outputFile: { json: "coverage/test-report.json" },
  },
});
