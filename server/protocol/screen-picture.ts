import { z } from 'zod';
import './without-eval.ts';

/** How cells of a picture look: palette numbers (0 to 255), `#rrggbb`, or nothing for the usual colours. */
const StyleSchema = z.object({
  fg: z.union([z.number().int(), z.string()]).optional(),
  bg: z.union([z.number().int(), z.string()]).optional(),
  bold: z.boolean().optional(),
  inverse: z.boolean().optional(),
});

/** A small picture of a terminal: its rows as runs of text in one style. Blanks at the ends of rows are left out. */
export const ScreenPictureSchema = z.object({
  columns: z.number().int().positive(),
  rows: z.number().int().positive(),
  /** 0-based; absent while it is hidden. */
  cursor: z.object({ column: z.number().int(), row: z.number().int() }).optional(),
  lines: z.array(z.array(StyleSchema.extend({ text: z.string() }))),
});
export type ScreenPicture = z.infer<typeof ScreenPictureSchema>;
export type PictureRun = ScreenPicture['lines'][number][number];
