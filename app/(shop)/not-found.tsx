import { NothingHere } from '#app/components/nothing-here.tsx';

/** Inside the frame of the window, which has the page's landmark already. */
export default function NotFound() {
  return <NothingHere />;
}
