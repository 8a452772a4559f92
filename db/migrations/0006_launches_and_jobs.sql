CREATE TABLE "job_attempts" (
	"job_id" uuid NOT NULL,
	"n" integer NOT NULL,
	"at" timestamp (6) with time zone NOT NULL,
	"outcome" text NOT NULL,
	"status" integer,
	"detail" text,
	CONSTRAINT "job_attempts_job_id_n_pk" PRIMARY KEY("job_id","n"),
	CONSTRAINT "job_attempts_outcome" CHECK (outcome in ('started', 'done', 'refused', 'unreachable'))
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"session_id" uuid,
	"state" text DEFAULT 'waiting' NOT NULL,
	"due_at" timestamp (6) with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"unauthorized" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp (6) with time zone,
	"give_up_at" timestamp (6) with time zone NOT NULL,
	"payload" jsonb,
	"created_at" timestamp (6) with time zone NOT NULL,
	"finished_at" timestamp (6) with time zone,
	CONSTRAINT "jobs_kind_key" UNIQUE("kind","key"),
	CONSTRAINT "jobs_state" CHECK (state in ('waiting', 'done', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "assertion_nonces" (
	"nonce" text PRIMARY KEY NOT NULL,
	"seen_at" timestamp (6) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "check_outs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"login_session_id" uuid NOT NULL,
	"computer_id" bigint NOT NULL,
	"credential_id" uuid,
	"is_personal" boolean NOT NULL,
	"grant_id" uuid NOT NULL,
	"policy" jsonb NOT NULL,
	"terms_version" integer,
	"terms_sha256" text,
	"api_key_hash" "bytea" NOT NULL,
	"application_key_hash" "bytea" NOT NULL,
	"starts_at" timestamp (6) with time zone,
	"ends_at" timestamp (6) with time zone,
	"created_at" timestamp (6) with time zone NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL,
	"used_at" timestamp (6) with time zone,
	"session_id" uuid,
	"ended_at" timestamp (6) with time zone,
	"alarms" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "check_outs_api_key_hash_unique" UNIQUE("api_key_hash")
);
--> statement-breakpoint
CREATE TABLE "launches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"origin" text,
	"claims" jsonb NOT NULL,
	"sealed_keys" jsonb NOT NULL,
	"person_id" uuid,
	"login_session_id" uuid,
	"session_id" uuid,
	"created_at" timestamp (6) with time zone NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL,
	"opened_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "terms" (
	"version" integer PRIMARY KEY NOT NULL,
	"text" text NOT NULL,
	"sha256" text NOT NULL,
	"published_at" timestamp (6) with time zone NOT NULL,
	"published_by" uuid,
	CONSTRAINT "terms_version" CHECK (version > 0),
	CONSTRAINT "terms_sha256" CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "terms_acceptances" (
	"person_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"sha256" text NOT NULL,
	"accepted_at" timestamp (6) with time zone NOT NULL,
	CONSTRAINT "terms_acceptances_person_id_version_pk" PRIMARY KEY("person_id","version")
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "credential_kind" text DEFAULT 'shared' NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "api_url" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "check_out_id" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "terms_version" integer;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "terms_sha256" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "check_out_ends_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "end_owed" jsonb;--> statement-breakpoint
ALTER TABLE "job_attempts" ADD CONSTRAINT "job_attempts_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "check_outs" ADD CONSTRAINT "check_outs_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "check_outs" ADD CONSTRAINT "check_outs_login_session_id_login_sessions_id_fk" FOREIGN KEY ("login_session_id") REFERENCES "public"."login_sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "check_outs" ADD CONSTRAINT "check_outs_computer_id_computers_id_fk" FOREIGN KEY ("computer_id") REFERENCES "public"."computers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "check_outs" ADD CONSTRAINT "check_outs_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "check_outs" ADD CONSTRAINT "check_outs_grant_id_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."grants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "launches" ADD CONSTRAINT "launches_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "launches" ADD CONSTRAINT "launches_login_session_id_login_sessions_id_fk" FOREIGN KEY ("login_session_id") REFERENCES "public"."login_sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "launches" ADD CONSTRAINT "launches_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "terms" ADD CONSTRAINT "terms_published_by_people_id_fk" FOREIGN KEY ("published_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "terms_acceptances" ADD CONSTRAINT "terms_acceptances_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "terms_acceptances" ADD CONSTRAINT "terms_acceptances_version_terms_version_fk" FOREIGN KEY ("version") REFERENCES "public"."terms"("version") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "jobs_due" ON "jobs" USING btree ("due_at") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "jobs_session" ON "jobs" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "assertion_nonces_seen" ON "assertion_nonces" USING btree ("seen_at");--> statement-breakpoint
CREATE INDEX "check_outs_person" ON "check_outs" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "check_outs_expiry" ON "check_outs" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "launches_expiry" ON "launches" USING btree ("expires_at");--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_credential_kind" CHECK (credential_kind in ('shared', 'personal', 'external'));