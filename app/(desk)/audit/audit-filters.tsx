import { Download } from 'lucide-react';
import Form from 'next/form';
import { Button, ButtonLink, buttonClass } from '#app/components/ui/button.tsx';
import { auditKindChoices, type FilterParams } from '#server/portal.ts';
import { FilterField } from '../filter-field.tsx';
import { fieldMoment } from '../filter-query.ts';
import { exportPath } from './audit-query.ts';

type AuditFiltersProps = {
  filters: FilterParams;
  isFiltered: boolean;
  /** The filters mean something. */
  mayExport: boolean;
};

/** Which part of the log, as a form that works before any script; its answer is a page of its own. */
export function AuditFilters({ filters, isFiltered, mayExport }: AuditFiltersProps) {
  return (
    <Form action="/audit" role="search" prefetch={false} className="mb-4 grid gap-3">
      {/* The key gives the fields their new values when a link changed the address; the buttons keep the focus. */}
      <div key={JSON.stringify(filters)} className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-4">
        <FilterField label="Kind">
          <KindSelect chosen={filters.kind} />
        </FilterField>
        <FilterField label="Person" hint="Name, email or id">
          <input name="person" defaultValue={filters.person} maxLength={200} className="control" />
        </FilterField>
        <FilterField label="Computer" hint="Name">
          <input name="computer" defaultValue={filters.computer} maxLength={200} className="control" />
        </FilterField>
        <FilterField label="Session" hint="Its id">
          <input name="session" defaultValue={filters.session} maxLength={200} className="control" />
        </FilterField>
        <FilterField label="From" hint="UTC" className="max-sm:col-span-2">
          <input name="from" type="datetime-local" defaultValue={fieldMoment(filters.from)} className="control" />
        </FilterField>
        <FilterField label="Until" hint="UTC" className="max-sm:col-span-2">
          <input name="until" type="datetime-local" defaultValue={fieldMoment(filters.until)} className="control" />
        </FilterField>
        <FilterField label="Text" hint="In any field" className="col-span-2 sm:col-span-3 lg:col-span-2">
          <input name="text" type="search" defaultValue={filters.text} maxLength={200} className="control" />
        </FilterField>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary">
          Show
        </Button>
        {isFiltered && (
          <ButtonLink href="/audit" prefetch={false}>
            Show all
          </ButtonLink>
        )}
        {mayExport && (
          // A plain link: the gateway answers it, not a page of ours.
          <a href={exportPath(filters)} download className={buttonClass('secondary', 'medium', 'sm:ml-auto')}>
            <Download aria-hidden className="size-4 shrink-0" />
            {isFiltered ? 'Export what is shown' : 'Export all'}
          </a>
        )}
      </div>
    </Form>
  );
}

function KindSelect({ chosen }: { chosen: string | undefined }) {
  return (
    <select name="kind" defaultValue={chosen ?? ''} className="control chevron">
      <option value="">All</option>
      {auditKindChoices().map(({ family, title, kinds }) => (
        <optgroup key={family} label={title}>
          <option value={family}>{title}: all</option>
          {kinds.map(({ kind, title: name }) => (
            <option key={kind} value={kind}>
              {name}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}
