CREATE TABLE "api_token_records" (
	"api_token_id" uuid NOT NULL,
	"credential_id" uuid NOT NULL,
	CONSTRAINT "api_token_records_api_token_id_credential_id_pk" PRIMARY KEY("api_token_id","credential_id")
);
--> statement-breakpoint
CREATE TABLE "api_tokens" (
	"id" uuid PRIMARY KEY NOT NULL,
	"token_id" text NOT NULL,
	"name" text NOT NULL,
	"person_id" uuid NOT NULL,
	"scopes" text[] NOT NULL,
	"secret_id" uuid NOT NULL,
	"networks" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp (6) with time zone NOT NULL,
	"created_in" uuid,
	"expires_at" timestamp (6) with time zone NOT NULL,
	"revoked_at" timestamp (6) with time zone,
	"revoked_by" uuid,
	"last_used_at" timestamp (6) with time zone,
	"last_used_from" text,
	CONSTRAINT "api_tokens_token_id_unique" UNIQUE("token_id"),
	CONSTRAINT "api_tokens_scopes" CHECK (scopes <@ array['aws']::text[])
);
--> statement-breakpoint
CREATE TABLE "authorities" (
	"id" uuid PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"certificate_pem" text NOT NULL,
	"secret_id" uuid NOT NULL,
	"created_at" timestamp (6) with time zone NOT NULL,
	"retired_at" timestamp (6) with time zone,
	CONSTRAINT "authorities_purpose" CHECK (purpose in ('aws_proxy'))
);
--> statement-breakpoint
CREATE TABLE "aws_calls" (
	"id" uuid PRIMARY KEY NOT NULL,
	"session_id" uuid NOT NULL,
	"started_at" timestamp (6) with time zone NOT NULL,
	"route" text NOT NULL,
	"service" text NOT NULL,
	"operation" text,
	"region" text NOT NULL,
	"host" text NOT NULL,
	"method" text NOT NULL,
	"path" text NOT NULL,
	"resource" text,
	"parameters" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"refusal" text,
	"is_repeat" boolean DEFAULT false NOT NULL,
	"command" text,
	"user_agent" text,
	"address" text,
	"finished_at" timestamp (6) with time zone,
	"status" integer,
	"aws_request_id" text,
	"bytes_in" bigint DEFAULT 0 NOT NULL,
	"bytes_out" bigint DEFAULT 0 NOT NULL,
	"problem" text,
	CONSTRAINT "aws_calls_route" CHECK (route in ('proxy', 'endpoint'))
);
--> statement-breakpoint
CREATE TABLE "aws_records" (
	"credential_id" uuid PRIMARY KEY NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "aws_records_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"partition" text DEFAULT 'aws' NOT NULL,
	"regions" text[] DEFAULT '{}' NOT NULL,
	"services" text[] DEFAULT '{}' NOT NULL,
	"tags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"allow_customer_names" boolean DEFAULT false NOT NULL,
	"endpoint_url" text,
	"endpoint_host" text DEFAULT 'kept' NOT NULL,
	"endpoint_ca_pem" text,
	"checked_at" timestamp (6) with time zone,
	"checked_arn" text,
	"check_problem" text,
	"disabled_at" timestamp (6) with time zone,
	CONSTRAINT "aws_records_number_unique" UNIQUE("number"),
	CONSTRAINT "aws_records_endpoint_host" CHECK (endpoint_host in ('kept', 'path_style'))
);
--> statement-breakpoint
ALTER TABLE "credentials" DROP CONSTRAINT "credentials_type";--> statement-breakpoint
ALTER TABLE "record_types" DROP CONSTRAINT "record_types_kind";--> statement-breakpoint
ALTER TABLE "sessions" DROP CONSTRAINT "sessions_mode";--> statement-breakpoint
ALTER TABLE "grants" ALTER COLUMN "computer_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ALTER COLUMN "login_session_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ALTER COLUMN "computer_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "credential_id" uuid;--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "aws" jsonb;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "api_token_id" uuid;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "calls" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "api_token_records" ADD CONSTRAINT "api_token_records_api_token_id_api_tokens_id_fk" FOREIGN KEY ("api_token_id") REFERENCES "public"."api_tokens"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_token_records" ADD CONSTRAINT "api_token_records_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_secret_id_secrets_id_fk" FOREIGN KEY ("secret_id") REFERENCES "public"."secrets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_created_in_login_sessions_id_fk" FOREIGN KEY ("created_in") REFERENCES "public"."login_sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_revoked_by_people_id_fk" FOREIGN KEY ("revoked_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "authorities" ADD CONSTRAINT "authorities_secret_id_secrets_id_fk" FOREIGN KEY ("secret_id") REFERENCES "public"."secrets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "aws_calls" ADD CONSTRAINT "aws_calls_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "aws_records" ADD CONSTRAINT "aws_records_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_tokens_person" ON "api_tokens" USING btree ("person_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "authorities_in_use" ON "authorities" USING btree ("purpose") WHERE retired_at is null;--> statement-breakpoint
CREATE INDEX "aws_calls_session" ON "aws_calls" USING btree ("session_id","started_at");--> statement-breakpoint
CREATE INDEX "aws_calls_started" ON "aws_calls" USING btree ("started_at");--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_api_token_id_api_tokens_id_fk" FOREIGN KEY ("api_token_id") REFERENCES "public"."api_tokens"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "grants_credential" ON "grants" USING btree ("credential_id") WHERE credential_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_token" ON "sessions" USING btree ("api_token_id","requested_at") WHERE api_token_id is not null;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_aws_shared" CHECK (type <> 'aws_access_key' or owner_id is null);--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_type" CHECK (type in ('password', 'ssh_key', 'aws_access_key'));--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_one_object" CHECK (num_nonnulls(computer_id, credential_id) = 1);--> statement-breakpoint
ALTER TABLE "record_types" ADD CONSTRAINT "record_types_kind" CHECK (kind in ('password', 'ssh_key', 'aws_access_key'));--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_aws" CHECK ((mode = 'AWS') = (computer_id is null) and (mode = 'AWS') = (api_token_id is not null));--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_opened_by" CHECK (num_nonnulls(login_session_id, api_token_id) = 1);--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_mode" CHECK (mode in ('SSH', 'RDP', 'Telnet', 'AWS'));--> statement-breakpoint
INSERT INTO "record_types" ("id", "name", "description", "kind", "is_built_in", "disabled_at") VALUES
	('018f0000-0000-7000-8000-000000000003', 'AWS Access Keys', 'An access key of AWS, used by the AWS proxy for whoever is granted its record.', 'aws_access_key', true, now());--> statement-breakpoint
GRANT SELECT, INSERT ON api_tokens, api_token_records, authorities, aws_calls TO sallyport_app;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON aws_records TO sallyport_app;--> statement-breakpoint
GRANT DELETE ON api_token_records TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (name, networks, revoked_at, revoked_by, last_used_at, last_used_from) ON api_tokens TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (retired_at) ON authorities TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (finished_at, status, aws_request_id, bytes_in, bytes_out, problem) ON aws_calls TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (calls) ON sessions TO sallyport_app;
