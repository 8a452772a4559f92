CREATE TABLE "master_password_links" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"created_by" uuid NOT NULL,
	"secret_id" uuid,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL,
	"used_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "person_keys" (
	"person_id" uuid PRIMARY KEY NOT NULL,
	"public_key" "bytea" NOT NULL,
	"attested_by" text NOT NULL,
	"attestation" "bytea" NOT NULL,
	"nonce" "bytea" NOT NULL,
	"sealed_private_key" "bytea" NOT NULL,
	"salt" "bytea" NOT NULL,
	"kdf" jsonb NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "person_notices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"subject" jsonb NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp (6) with time zone,
	CONSTRAINT "person_notices_kind" CHECK (kind in ('master_password_reset'))
);
--> statement-breakpoint
CREATE TABLE "unlocks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"login_session_id" uuid NOT NULL,
	"nonce" "bytea" NOT NULL,
	"sealed_private_key" "bytea" NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL,
	CONSTRAINT "unlocks_login_session_id_unique" UNIQUE("login_session_id")
);
--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "master_password" text DEFAULT 'each_time' NOT NULL;--> statement-breakpoint
ALTER TABLE "master_password_links" ADD CONSTRAINT "master_password_links_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "master_password_links" ADD CONSTRAINT "master_password_links_created_by_people_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "master_password_links" ADD CONSTRAINT "master_password_links_secret_id_secrets_id_fk" FOREIGN KEY ("secret_id") REFERENCES "public"."secrets"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_keys" ADD CONSTRAINT "person_keys_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_notices" ADD CONSTRAINT "person_notices_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "unlocks" ADD CONSTRAINT "unlocks_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "unlocks" ADD CONSTRAINT "unlocks_login_session_id_login_sessions_id_fk" FOREIGN KEY ("login_session_id") REFERENCES "public"."login_sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "master_password_links_person" ON "master_password_links" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "person_notices_unseen" ON "person_notices" USING btree ("person_id") WHERE seen_at is null;--> statement-breakpoint
CREATE INDEX "unlocks_person" ON "unlocks" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "unlocks_expiry" ON "unlocks" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "credentials_personal_name" ON "credentials" USING btree ("owner_id",lower("name"));--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_master_password" CHECK (master_password in ('each_time', 'browser_session'));--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON person_keys, unlocks, master_password_links TO sallyport_app;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON person_notices TO sallyport_app;
