import { ListSkeleton } from '#app/components/ui/skeleton.tsx';

export default function Loading() {
  return <ListSkeleton />;
}
