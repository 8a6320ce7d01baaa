const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Makes text safe in HTML, between tags and in quoted attributes; control characters that HTML forbids are shown as �. */
export function escapeHtml(text: string): string {
  return (
    text
      .replaceAll(/[&<>"']/g, (character) => entities[character]!)
      // oxlint-disable-next-line no-control-regex -- they are what is meant
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "�")
  );
}
