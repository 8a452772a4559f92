// Contract: until a policy says otherwise nothing goes in or out by clipboard or drag; what the gate stops reaches no
// listener behind it (xterm's), and the person is told.
import { expect, test } from 'vitest';
import { ClipboardGate } from './clipboard-gate.ts';

function gate(policy = { allowCopy: false, allowPaste: false }) {
  const host = new EventTarget();
  const pasted: string[] = [];
  const refused: string[] = [];
  const gate = new ClipboardGate(host, {
    onPaste: (text) => pasted.push(text),
    onRefused: (what) => refused.push(what),
  });
  gate.policy = policy;
  const behind: string[] = [];
  for (const type of ['copy', 'cut', 'paste', 'drop', 'contextmenu', 'dragstart']) {
    host.addEventListener(type, () => behind.push(type));
  }
  const fire = (type: string, text = 'text') => {
    const data = { getData: () => text };
    const event = Object.assign(new Event(type, { cancelable: true }), { clipboardData: data, dataTransfer: data });
    host.dispatchEvent(event);
    return event.defaultPrevented;
  };
  return { fire, pasted, refused, behind, gate };
}

test('without a policy everything is stopped', () => {
  const { fire, pasted, refused, behind } = gate();
  for (const type of ['copy', 'cut', 'paste', 'drop', 'contextmenu', 'dragstart']) expect(fire(type)).toBe(true);
  expect(behind).toEqual([]);
  expect(pasted).toEqual([]);
  expect(refused).toEqual(['copy', 'copy', 'paste', 'paste', 'copy']);
});

test('an allowed copy is left to xterm, with its menu', () => {
  const { fire, behind } = gate({ allowCopy: true, allowPaste: false });
  expect(fire('copy')).toBe(false);
  expect(fire('contextmenu')).toBe(false);
  expect(behind).toEqual(['copy', 'contextmenu']);
});

test('an allowed paste or drop is ours, so that it travels in paste frames and never as keys', () => {
  const { fire, pasted, behind } = gate({ allowCopy: false, allowPaste: true });
  expect(fire('paste', 'one')).toBe(true);
  expect(fire('drop', 'two')).toBe(true);
  fire('paste', '');
  expect(pasted).toEqual(['one', 'two']);
  expect(behind).toEqual([]);
});

test('a disposed gate is gone', () => {
  const { fire, gate: disposed, behind } = gate();
  disposed.dispose();
  expect(fire('copy')).toBe(false);
  expect(behind).toEqual(['copy']);
});
