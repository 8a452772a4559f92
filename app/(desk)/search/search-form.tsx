import { Search } from 'lucide-react';
import Form from 'next/form';
import type { ReactNode } from 'react';
import { Button, ButtonLink } from '#app/components/ui/button.tsx';
import type { FilterParams } from '#server/portal.ts';
import { FilterField } from '../filter-field.tsx';
import { fieldMoment } from '../filter-query.ts';

/** What to search for, as a form that works before any script; its answer is a page of its own. */
export function SearchForm({ filters }: { filters: FilterParams }): ReactNode {
  return (
    <Form action="/search" role="search" prefetch={false} className="mb-4 grid gap-3">
      {/* The key gives the fields their new values when a link changed the address; the buttons keep the focus. */}
      <div key={JSON.stringify(filters)} className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <FilterField label="Text" hint="Part of a line, at least 3 characters" className="col-span-2 lg:col-span-4">
          <input
            name="text"
            type="search"
            defaultValue={filters.text}
            minLength={3}
            maxLength={200}
            required
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            className="control font-mono"
          />
        </FilterField>
        <FilterField label="Person" hint="Name or email">
          <input name="person" defaultValue={filters.person} maxLength={200} className="control" />
        </FilterField>
        <FilterField label="Computer" hint="Name">
          <input name="computer" defaultValue={filters.computer} maxLength={200} className="control" />
        </FilterField>
        <FilterField label="From" hint="UTC" className="max-sm:col-span-2">
          <input name="from" type="datetime-local" defaultValue={fieldMoment(filters.from)} className="control" />
        </FilterField>
        <FilterField label="Until" hint="UTC" className="max-sm:col-span-2">
          <input name="until" type="datetime-local" defaultValue={fieldMoment(filters.until)} className="control" />
        </FilterField>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" icon={Search}>
          Search
        </Button>
        {Object.keys(filters).length > 0 && (
          <ButtonLink href="/search" prefetch={false}>
            Start again
          </ButtonLink>
        )}
      </div>
    </Form>
  );
}
