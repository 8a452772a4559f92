CREATE TABLE "audit_events" (
	"writer_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"at" timestamp (6) with time zone NOT NULL,
	"kind" text NOT NULL,
	"actor_id" uuid,
	"session_id" uuid,
	"subject" jsonb NOT NULL,
	"previous_hash" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "audit_events_writer_id_seq_pk" PRIMARY KEY("writer_id","seq")
);
--> statement-breakpoint
CREATE TABLE "computers" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "computers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"guid" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"mode" text NOT NULL,
	"server" text NOT NULL,
	"port" integer NOT NULL,
	"shared_credential_id" uuid,
	"disabled_at" timestamp (6) with time zone,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "computers_guid_unique" UNIQUE("guid"),
	CONSTRAINT "computers_mode" CHECK (mode in ('SSH', 'RDP', 'Telnet')),
	CONSTRAINT "computers_port" CHECK (port between 1 and 65535)
);
--> statement-breakpoint
CREATE TABLE "credentials" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"username" text NOT NULL,
	"secret_id" uuid NOT NULL,
	"owner_id" uuid,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "credentials_type" CHECK (type in ('password', 'ssh_key'))
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person_id" uuid,
	"group_id" uuid,
	"computer_id" bigint NOT NULL,
	"policy_id" uuid NOT NULL,
	"starts_at" timestamp (6) with time zone,
	"ends_at" timestamp (6) with time zone,
	"revoked_at" timestamp (6) with time zone,
	"created_by" uuid,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "grants_one_subject" CHECK (num_nonnulls(person_id, group_id) = 1),
	CONSTRAINT "grants_order" CHECK (ends_at is null or starts_at is null or starts_at < ends_at)
);
--> statement-breakpoint
CREATE TABLE "group_members" (
	"group_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	CONSTRAINT "group_members_group_id_person_id_pk" PRIMARY KEY("group_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "groups" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "host_keys" (
	"server" text NOT NULL,
	"port" integer NOT NULL,
	"key_type" text NOT NULL,
	"public_key" "bytea" NOT NULL,
	"fingerprint" text NOT NULL,
	"pinned_by" uuid,
	"pinned_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "host_keys_server_port_pk" PRIMARY KEY("server","port")
);
--> statement-breakpoint
CREATE TABLE "installation" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"demo" boolean NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "installation_one_row" CHECK (id = 1)
);
--> statement-breakpoint
CREATE TABLE "login_sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL,
	"revoked_at" timestamp (6) with time zone,
	"address" text,
	"user_agent" text
);
--> statement-breakpoint
CREATE TABLE "people" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"password_hash" text NOT NULL,
	"roles" text[] NOT NULL,
	"disabled_at" timestamp (6) with time zone,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "people_roles" CHECK (roles <@ array['user', 'approver', 'auditor', 'admin']::text[])
);
--> statement-breakpoint
CREATE TABLE "policies" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"recording" text DEFAULT 'required' NOT NULL,
	"record_input" boolean DEFAULT false NOT NULL,
	"allow_copy" boolean DEFAULT false NOT NULL,
	"allow_paste" boolean DEFAULT false NOT NULL,
	"trust_first_host_key" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "policies_recording" CHECK (recording in ('required', 'best_effort', 'off'))
);
--> statement-breakpoint
CREATE TABLE "recordings" (
	"session_id" uuid PRIMARY KEY NOT NULL,
	"state" text DEFAULT 'writing' NOT NULL,
	"path" text NOT NULL,
	"started_at" timestamp (6) with time zone NOT NULL,
	"sealed_at" timestamp (6) with time zone,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"duration_ms" bigint DEFAULT 0 NOT NULL,
	"head" text,
	"seal_reason" text,
	CONSTRAINT "recordings_state" CHECK (state in ('writing', 'sealed', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "secret_recipients" (
	"secret_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"key_id" text NOT NULL,
	"wrapped_key" "bytea" NOT NULL,
	CONSTRAINT "secret_recipients_secret_id_kind_key_id_pk" PRIMARY KEY("secret_id","kind","key_id"),
	CONSTRAINT "secret_recipients_kind" CHECK (kind in ('system', 'person'))
);
--> statement-breakpoint
CREATE TABLE "secrets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"nonce" "bytea" NOT NULL,
	"ciphertext" "bytea" NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"login_session_id" uuid NOT NULL,
	"computer_id" bigint NOT NULL,
	"credential_id" uuid,
	"grant_id" uuid NOT NULL,
	"policy" jsonb NOT NULL,
	"mode" text NOT NULL,
	"state" text DEFAULT 'requested' NOT NULL,
	"end_reason" text,
	"end_detail" text,
	"exit_status" integer,
	"gateway_id" uuid,
	"lease_until" timestamp (6) with time zone NOT NULL,
	"requested_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"opened_at" timestamp (6) with time zone,
	"ended_at" timestamp (6) with time zone,
	"bytes_out" bigint DEFAULT 0 NOT NULL,
	"bytes_in" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "sessions_mode" CHECK (mode in ('SSH', 'RDP', 'Telnet')),
	CONSTRAINT "sessions_state" CHECK (state in ('requested', 'opening', 'active', 'ended')),
	CONSTRAINT "sessions_end_reason" CHECK (end_reason in ('closed', 'left', 'exited', 'disconnected', 'revoked', 'terminated', 'signed_out', 'unreachable', 'refused_target', 'sign_in_refused', 'host_key_changed', 'host_key_refused', 'no_common_algorithm', 'credential_unavailable', 'recorder_failed', 'abandoned', 'crashed', 'stopped', 'failed')),
	CONSTRAINT "sessions_ended" CHECK ((state = 'ended') = (ended_at is not null) and (state = 'ended') = (end_reason is not null))
);
--> statement-breakpoint
CREATE TABLE "set_up_links" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL,
	"used_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "throttles" (
	"key" text PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"blocked_until" timestamp (6) with time zone NOT NULL,
	"updated_at" timestamp (6) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tickets" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"session_id" uuid NOT NULL,
	"login_session_id" uuid NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL,
	"redeemed_at" timestamp (6) with time zone
);
--> statement-breakpoint
ALTER TABLE "computers" ADD CONSTRAINT "computers_shared_credential_id_credentials_id_fk" FOREIGN KEY ("shared_credential_id") REFERENCES "public"."credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_secret_id_secrets_id_fk" FOREIGN KEY ("secret_id") REFERENCES "public"."secrets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_owner_id_people_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_computer_id_computers_id_fk" FOREIGN KEY ("computer_id") REFERENCES "public"."computers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_policy_id_policies_id_fk" FOREIGN KEY ("policy_id") REFERENCES "public"."policies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_created_by_people_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_keys" ADD CONSTRAINT "host_keys_pinned_by_people_id_fk" FOREIGN KEY ("pinned_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "login_sessions" ADD CONSTRAINT "login_sessions_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "secret_recipients" ADD CONSTRAINT "secret_recipients_secret_id_secrets_id_fk" FOREIGN KEY ("secret_id") REFERENCES "public"."secrets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_login_session_id_login_sessions_id_fk" FOREIGN KEY ("login_session_id") REFERENCES "public"."login_sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_computer_id_computers_id_fk" FOREIGN KEY ("computer_id") REFERENCES "public"."computers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_grant_id_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."grants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_login_session_id_login_sessions_id_fk" FOREIGN KEY ("login_session_id") REFERENCES "public"."login_sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_events_at" ON "audit_events" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_events_session" ON "audit_events" USING btree ("session_id");--> statement-breakpoint
CREATE UNIQUE INDEX "computers_name" ON "computers" USING btree (lower("name"));--> statement-breakpoint
CREATE UNIQUE INDEX "credentials_shared_name" ON "credentials" USING btree (lower("name")) WHERE owner_id is null;--> statement-breakpoint
CREATE INDEX "grants_computer" ON "grants" USING btree ("computer_id");--> statement-breakpoint
CREATE INDEX "grants_person" ON "grants" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "grants_group" ON "grants" USING btree ("group_id");--> statement-breakpoint
CREATE INDEX "group_members_person" ON "group_members" USING btree ("person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "groups_name" ON "groups" USING btree (lower("name"));--> statement-breakpoint
CREATE INDEX "login_sessions_person" ON "login_sessions" USING btree ("person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "people_email" ON "people" USING btree (lower("email"));--> statement-breakpoint
CREATE UNIQUE INDEX "policies_name" ON "policies" USING btree (lower("name"));--> statement-breakpoint
CREATE INDEX "sessions_requested" ON "sessions" USING btree ("requested_at");--> statement-breakpoint
CREATE INDEX "sessions_person" ON "sessions" USING btree ("person_id","requested_at");--> statement-breakpoint
CREATE INDEX "sessions_running" ON "sessions" USING btree ("lease_until") WHERE state <> 'ended';--> statement-breakpoint
CREATE INDEX "tickets_expiry" ON "tickets" USING btree ("expires_at");