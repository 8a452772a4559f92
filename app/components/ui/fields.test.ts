/**
 * Contract: every control of a form has a name that a screen reader says, its hint belongs to it, and a form never sends
 * what was typed in an address. A message that something is wrong is announced at once; a moment stands in UTC until the
 * reader's clock is known.
 */
import { KeyRound } from 'lucide-react';
import { describe, expect, test } from 'vitest';
import { attributeOf, element, markupOf } from '#app/testing/markup.ts';
import { Badge } from './badge.tsx';
import { Banner } from './banner.tsx';
import { Button, ButtonLink, IconButton } from './button.tsx';
import { Checkbox, CheckboxGroup } from './checkbox.tsx';
import { CopyField } from './copy-field.tsx';
import { EmptyState } from './empty-state.tsx';
import { Form } from './form.tsx';
import { Select } from './select.tsx';
import { PasswordField, TextArea, TextField } from './text-field.tsx';
import { Time } from './time.tsx';

/** The label that belongs to the only control of this name. */
function labelOf({ html, tags }: ReturnType<typeof markupOf>, kind: string): string | undefined {
  const id = attributeOf(tags(kind)[0], 'id');
  return id && new RegExp(`<label[^>]*for="${id}"[^>]*>(.*?)</label>`).exec(html)?.[1];
}

describe('a field', () => {
  test('of text has its label, its name and what it holds', () => {
    const page = markupOf(
      element(TextField, { label: 'Host name', name: 'server', defaultValue: 'db1 "x"', required: true }),
    );
    const [input] = page.tags('input');
    expect(labelOf(page, 'input')).toBe('Host name');
    expect(attributeOf(input, 'name')).toBe('server');
    expect(attributeOf(input, 'value')).toBe('db1 &quot;x&quot;');
    expect(attributeOf(input, 'required')).toBe('');
  });

  test('says that it is optional, and has its hint', () => {
    const { text } = markupOf(
      element(TextField, { label: 'Notes', name: 'notes', optional: true, hint: 'Seen by all.' }),
    );
    expect(text).toBe('Notes optional Seen by all.');
  });

  test('of a password hides it, and offers to show it', () => {
    const page = markupOf(element(PasswordField, { label: 'Master password', name: 'password' }));
    const [input] = page.tags('input');
    expect(labelOf(page, 'input')).toBe('Master password');
    expect(attributeOf(input, 'type')).toBe('password');
    expect(attributeOf(input, 'spellCheck')).toBe('false');
    const [button] = page.tags('button');
    expect(attributeOf(button, 'aria-label')).toBe('Show characters');
    expect(attributeOf(button, 'aria-pressed')).toBe('false');
    expect(attributeOf(button, 'type')).toBe('button');
  });

  test('of many lines keeps them', () => {
    const page = markupOf(element(TextArea, { label: 'Text', name: 'text', defaultValue: 'one\n<two>' }));
    expect(labelOf(page, 'textarea')).toBe('Text');
    expect(page.html).toContain('one\n&lt;two&gt;</textarea>');
  });
});

describe('a choice', () => {
  const choices = [
    { value: 'a', label: 'Ada' },
    { value: 'b', label: 'Bob', group: 'People' },
    { value: 'c', label: 'Cleo', group: 'People' },
    { value: 'd', label: 'Desk', group: 'Groups' },
  ];

  test('has its label, its groups, and one that stands for none', () => {
    const page = markupOf(element(Select, { label: 'Who', name: 'who', choices, placeholder: 'Choose' }));
    expect(labelOf(page, 'select')).toBe('Who');
    expect(page.tags('optgroup').map((tag) => attributeOf(tag, 'label'))).toEqual(['People', 'Groups']);
    expect(page.tags('option').map((tag) => attributeOf(tag, 'value'))).toEqual(['', 'a', 'b', 'c', 'd']);
  });

  test('by boxes has a question, and each box its words', () => {
    const box = element(Checkbox, { name: 'copy', label: 'May copy', hint: 'Text only.', defaultChecked: true });
    const page = markupOf(element(CheckboxGroup, { label: 'Clipboard', children: box }));
    expect(page.html).toContain('<legend');
    expect(page.text).toBe('Clipboard May copy Text only.');
    const [input] = page.tags('input');
    expect(attributeOf(input, 'checked')).toBe('');
    expect(page.named(input, 'aria-describedby')).toBe('Text only.');
  });
});

describe('a form', () => {
  const form = (change: object = {}) =>
    markupOf(element(Form, { submitLabel: 'Save', onSubmit: () => undefined, children: 'fields', ...change }));

  test('is posted, and cannot be sent before the page is alive', () => {
    const { tags } = form();
    expect(attributeOf(tags('form')[0], 'method')).toBe('post');
    const submit = tags('button').find((tag) => attributeOf(tag, 'type') === 'submit');
    expect(attributeOf(submit, 'disabled')).toBeDefined();
  });

  test('announces what is wrong with it, and has a way out where there is one', () => {
    const { html, text } = form({ problem: 'This name is taken.', onCancel: () => undefined });
    expect(html).toContain('role="alert"');
    expect(text).toContain('This name is taken.');
    expect(text).toContain('Cancel');
    expect(form().html).not.toContain('role="alert"');
    expect(form().text).not.toContain('Cancel');
  });
});

describe('a button', () => {
  test('that works says so, and one of a picture alone has a name', () => {
    const pending = markupOf(element(Button, { pending: true, children: 'Save' }));
    expect(attributeOf(pending.tags('button')[0], 'aria-busy')).toBe('true');
    const icon = markupOf(element(IconButton, { icon: KeyRound, label: 'Unlock' }));
    expect(attributeOf(icon.tags('button')[0], 'aria-label')).toBe('Unlock');
    expect(attributeOf(icon.tags('svg')[0], 'aria-hidden')).toBe('true');
  });

  test('sends no form that it does not belong to, and leads where it says', () => {
    expect(attributeOf(markupOf(element(Button, { children: 'x' })).tags('button')[0], 'type')).toBe('button');
    const link = markupOf(element(ButtonLink, { href: '/profile', children: 'Profile' }));
    expect(attributeOf(link.tags('a')[0], 'href')).toBe('/profile');
  });
});

describe('a message', () => {
  test.each([
    ['danger', 'alert'],
    ['warn', 'status'],
    ['ok', 'status'],
    ['info', 'status'],
  ] as const)('of tone %s is announced as %s', (tone, role) => {
    const { html, text } = markupOf(element(Banner, { tone, title: 'Title', children: 'Words.' }));
    expect(html).toContain(`role="${role}"`);
    expect(text).toBe('Title Words.');
  });

  test('of an empty list says what to do', () => {
    const action = element(Button, { children: 'Add computer' });
    const { text } = markupOf(
      element(EmptyState, { icon: KeyRound, title: 'No computers yet', children: 'Add one.', action }),
    );
    expect(text).toBe('No computers yet Add one. Add computer');
  });

  test('in a badge is its words, with or without colour', () => {
    for (const tone of ['neutral', 'danger'] as const) {
      expect(markupOf(element(Badge, { tone, icon: KeyRound, children: 'Running' })).text).toBe('Running');
    }
  });
});

test('text to take away has a label and cannot be changed', () => {
  const page = markupOf(element(CopyField, { label: 'Link', value: 'https://sallyport.example/#token=x' }));
  expect(labelOf(page, 'input')).toBe('Link');
  expect(attributeOf(page.tags('input')[0], 'readOnly')).toBe('');
  expect(attributeOf(page.tags('button')[0], 'aria-live')).toBe('polite');
});

test.each([
  [{ at: '2026-03-01T12:00:05Z' }, '2026-03-01 12:00 UTC'],
  [{ at: new Date('2026-03-01T12:00:05Z'), evidence: true }, '2026-03-01 12:00:05 UTC'],
  [{ at: '2026-03-01T12:00:05+02:00', evidence: true }, '2026-03-01 10:00:05 UTC'],
])('a moment %j is %s as the server sends it', (props, words) => {
  const { text, tags } = markupOf(element(Time, props));
  expect(text).toBe(words);
  expect(attributeOf(tags('time')[0], 'dateTime')).toMatch(/^2026-03-01T1[02]:00:05\.000Z$/);
});
