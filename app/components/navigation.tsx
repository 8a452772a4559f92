'use client';

import {
  Cloud,
  Eye,
  FileText,
  History,
  KeyRound,
  Layers,
  LayoutGrid,
  type LucideIcon,
  MonitorPlay,
  ScrollText,
  Search,
  Server,
  Settings,
  Shield,
  Tags,
  Ticket,
  User,
  Users,
} from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { Role } from '#server/protocol/session-words.ts';
import { classNames } from './ui/class-names.ts';

type Place = { href: string; label: string; icon: LucideIcon };

const work: readonly Place[] = [
  { href: '/', label: 'Shop', icon: LayoutGrid },
  { href: '/aws', label: 'AWS', icon: Cloud },
  { href: '/sessions', label: 'Sessions', icon: MonitorPlay },
];

const review: readonly Place[] = [{ href: '/audit', label: 'Audit', icon: History }];

const watching: readonly Place[] = [
  { href: '/wall', label: 'Live wall', icon: Eye },
  { href: '/search', label: 'Search', icon: Search },
];

const administration: readonly Place[] = [
  { href: '/people', label: 'People', icon: User },
  { href: '/groups', label: 'Groups', icon: Users },
  { href: '/computers', label: 'Computers', icon: Server },
  { href: '/credentials', label: 'Credentials', icon: KeyRound },
  { href: '/tokens', label: 'Tokens', icon: Ticket },
  { href: '/record-types', label: 'Record types', icon: Tags },
  { href: '/policies', label: 'Policies', icon: ScrollText },
  { href: '/access-levels', label: 'Access levels', icon: Layers },
  { href: '/grants', label: 'Grants', icon: Shield },
  { href: '/terms', label: 'Terms', icon: FileText },
  { href: '/settings', label: 'Settings', icon: Settings },
];

/** Where a person may go, by their roles. It only hides: every page and act asks the server again. */
export function Navigation({ roles, onNavigate }: { roles: readonly Role[]; onNavigate?: () => void }) {
  const mayReview = roles.includes('auditor') || roles.includes('admin');
  const places = [...work, ...(roles.includes('auditor') ? watching : []), ...(mayReview ? review : [])];
  return (
    <div className="grid gap-6">
      <PlaceList label="Work" places={places} onNavigate={onNavigate} />
      {roles.includes('admin') && (
        <PlaceList label="Administration" places={administration} onNavigate={onNavigate} showLabel />
      )}
    </div>
  );
}

type PlaceListProps = { label: string; places: readonly Place[]; showLabel?: boolean; onNavigate?: () => void };

function PlaceList({ label, places, showLabel, onNavigate }: PlaceListProps) {
  const path = usePathname();
  return (
    <nav aria-label={label}>
      {showLabel && (
        <p aria-hidden className="mb-1 px-2.5 text-xs font-medium text-faint">
          {label}
        </p>
      )}
      <ul className="grid gap-0.5">
        {places.map(({ href, label: name, icon: Icon }) => {
          const isHere = href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
          return (
            <li key={href}>
              <Link
                href={href}
                aria-current={isHere ? 'page' : undefined}
                onClick={onNavigate}
                className={classNames(
                  'flex items-center gap-2.5 rounded-md px-2.5 py-1.5 font-medium transition-colors pointer-coarse:py-2.5',
                  isHere ? 'bg-accent-soft text-accent' : 'text-muted hover:bg-hover hover:text-ink',
                )}
              >
                <Icon aria-hidden className="size-4 shrink-0" />
                {name}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
