import { AppRouterContext, type AppRouterInstance } from 'next/dist/shared/lib/app-router-context.shared-runtime.js';
import { PathnameContext } from 'next/dist/shared/lib/hooks-client-context.shared-runtime.js';
import { createElement, type FunctionComponent, type ReactElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';

const stay = () => undefined;
const router: AppRouterInstance = {
  back: stay,
  forward: stay,
  refresh: stay,
  push: stay,
  replace: stay,
  prefetch: stay,
  bfcacheId: '',
};

/** What the server sends of a component, before any script runs. */
export type Markup = {
  html: string;
  /** What is read of it, without tags and with single spaces. */
  text: string;
  /** The opening tags of elements with this name. */
  tags(name: string): string[];
  /** The text of the element that an `aria-…` attribute of this tag names. */
  named(tag: string | undefined, attribute: string): string | undefined;
};

/** An element of this component, with all of its properties at once. */
export function element<Props extends object>(component: FunctionComponent<Props>, props: Props): ReactElement {
  return createElement(component, props);
}

export function markupOf(element: ReactElement, path = '/'): Markup {
  const placed = createElement(PathnameContext.Provider, { value: path }, element);
  const html = renderToStaticMarkup(createElement(AppRouterContext.Provider, { value: router }, placed));
  return {
    html,
    text: textOf(html),
    tags: (name) => html.match(new RegExp(`<${name}(?=[\\s>])[^>]*>`, 'g')) ?? [],
    named(tag, attribute) {
      const id = attributeOf(tag, attribute)?.split(' ')[0];
      const rest = id && new RegExp(`<(\\w+)[^>]*\\sid="${id}"[^>]*>(.*?)</\\1>`).exec(html)?.[2];
      return rest === undefined ? undefined : textOf(rest);
    },
  };
}

/** The value of an attribute of an opening tag; empty for one without a value. */
export function attributeOf(tag: string | undefined, name: string): string | undefined {
  return tag === undefined
    ? undefined
    : new RegExp(`\\s${name}(?:="([^"]*)")?`)
        .exec(tag)
        ?.slice(1)
        .map((value) => value ?? '')[0];
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#x27': "'" };

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(\w+|#x27);/g, (whole, name: string) => entities[name] ?? whole)
    .replace(/\s+/g, ' ')
    .trim();
}
