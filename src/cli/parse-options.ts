import { InvalidArgumentError } from "commander";

/** Reads an option that must be a whole number from 1. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError("It must be a whole number from 1.");
  }
  return value;
}

/** Reads a number of seconds, such as `90` or `0.5`, as milliseconds. */
export function parseSecondsToMs(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("It must be a number of seconds above 0.");
  }
  return Math.round(value * 1000);
}
