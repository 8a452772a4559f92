/** The fields of a launch that the server made. The browser adds its screen and sends them to `/start`. */
export type StartFields = Readonly<Record<string, string | undefined>>;

/**
 * Sends a launch from this document: the session's own tab, or the one that waits for it. A form and not a request, since
 * the answer is a page, and one that no address or history keeps the parameters of.
 */
export function submitStart(target: Document, fields: StartFields): void {
  const form = target.createElement('form');
  form.method = 'post';
  form.action = new URL('/start', window.location.origin).href;
  form.hidden = true;
  for (const [name, value] of Object.entries({ ...fields, ...screenFields() })) {
    if (value === undefined) continue;
    const field = target.createElement('input');
    field.type = 'hidden';
    field.name = name;
    field.value = value;
    form.append(field);
  }
  target.body.append(form);
  form.submit();
}

function screenFields(): StartFields {
  const within = (pixels: number) => String(Math.min(8192, Math.max(1, Math.round(pixels))));
  return {
    GUAC_WIDTH: within(window.innerWidth),
    GUAC_HEIGHT: within(window.innerHeight),
    GUAC_DPI: within(96 * (window.devicePixelRatio || 1)),
  };
}
