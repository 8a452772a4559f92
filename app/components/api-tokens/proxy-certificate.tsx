import { Download } from 'lucide-react';
import { buttonClass } from '#app/components/ui/button.tsx';
import { Time } from '#app/components/ui/time.tsx';

export type ShownCertificate = { fingerprint: string; validUntil: Date };

/** The certificate that programs believe the AWS proxy by, to download and to compare. */
export function ProxyCertificate({ certificate }: { certificate: ShownCertificate | null }) {
  if (!certificate) {
    return <p className="text-muted">There is none yet: it is made when the AWS proxy starts for the first time.</p>;
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] justify-items-start gap-3">
      <a href="/aws/certificate" download="sallyport.pem" className={buttonClass()}>
        <Download aria-hidden className="size-4" />
        Download certificate
      </a>
      <dl className="grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[auto_minmax(0,1fr)]">
        <dt className="text-muted">SHA-256</dt>
        <dd className="font-mono break-all">{certificate.fingerprint}</dd>
        <dt className="text-muted">Valid until</dt>
        <dd>
          <Time at={certificate.validUntil} />
        </dd>
      </dl>
    </div>
  );
}
