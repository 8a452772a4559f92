CREATE TABLE "favorite_computers" (
	"person_id" uuid NOT NULL,
	"computer_id" bigint NOT NULL,
	CONSTRAINT "favorite_computers_person_id_computer_id_pk" PRIMARY KEY("person_id","computer_id")
);
--> statement-breakpoint
CREATE TABLE "favorite_credentials" (
	"person_id" uuid NOT NULL,
	"credential_id" uuid NOT NULL,
	CONSTRAINT "favorite_credentials_person_id_credential_id_pk" PRIMARY KEY("person_id","credential_id")
);
--> statement-breakpoint
CREATE TABLE "access_levels" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "computer_credentials" (
	"computer_id" bigint NOT NULL,
	"credential_id" uuid NOT NULL,
	"access_level_id" uuid,
	CONSTRAINT "computer_credentials_computer_id_credential_id_pk" PRIMARY KEY("computer_id","credential_id")
);
--> statement-breakpoint
CREATE TABLE "record_type_fields" (
	"record_type_id" uuid NOT NULL,
	"name" text NOT NULL,
	"label" text NOT NULL,
	"type" text NOT NULL,
	"is_required" boolean DEFAULT false NOT NULL,
	"position" integer NOT NULL,
	CONSTRAINT "record_type_fields_record_type_id_name_pk" PRIMARY KEY("record_type_id","name"),
	CONSTRAINT "record_type_fields_type" CHECK (type in ('text', 'number', 'boolean', 'date', 'url')),
	CONSTRAINT "record_type_fields_name" CHECK (name ~ '^[A-Za-z][A-Za-z0-9_]{0,62}$')
);
--> statement-breakpoint
CREATE TABLE "record_types" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"kind" text NOT NULL,
	"is_built_in" boolean DEFAULT false NOT NULL,
	"disabled_at" timestamp (6) with time zone,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "record_types_kind" CHECK (kind in ('password', 'ssh_key'))
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"changed_at" timestamp (6) with time zone NOT NULL,
	"changed_by" uuid
);
--> statement-breakpoint
ALTER TABLE "credentials" ALTER COLUMN "secret_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "computers" ADD COLUMN "server2" text;--> statement-breakpoint
ALTER TABLE "computers" ADD COLUMN "server3" text;--> statement-breakpoint
ALTER TABLE "computers" ADD COLUMN "notes" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "credential_targets" ADD COLUMN "host_key" text;--> statement-breakpoint
ALTER TABLE "credential_targets" ADD COLUMN "suspended_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "credential_targets" ADD COLUMN "suspended_by" uuid;--> statement-breakpoint
ALTER TABLE "credential_targets" ADD COLUMN "suspended_why" text;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "description" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "record_type_id" uuid;--> statement-breakpoint
INSERT INTO "record_types" ("id", "name", "description", "kind", "is_built_in") VALUES
	('018f0000-0000-7000-8000-000000000001', 'Password', 'An account that signs in with a password.', 'password', true),
	('018f0000-0000-7000-8000-000000000002', 'SSH key', 'An account that signs in with a private key.', 'ssh_key', true);--> statement-breakpoint
UPDATE "credentials" SET "record_type_id" = CASE "type" WHEN 'password' THEN '018f0000-0000-7000-8000-000000000001'::uuid ELSE '018f0000-0000-7000-8000-000000000002'::uuid END;--> statement-breakpoint
ALTER TABLE "credentials" ALTER COLUMN "record_type_id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "fields" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "reference_id" uuid;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "secret_entered_by" uuid;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "access_level_id" uuid;--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "allow_personal" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "exclusive_check_out" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "check_outs" ADD COLUMN "access_level" text;--> statement-breakpoint
ALTER TABLE "check_outs" ADD COLUMN "is_exclusive" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "access_level" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "given_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "favorite_computers" ADD CONSTRAINT "favorite_computers_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "favorite_computers" ADD CONSTRAINT "favorite_computers_computer_id_computers_id_fk" FOREIGN KEY ("computer_id") REFERENCES "public"."computers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "favorite_credentials" ADD CONSTRAINT "favorite_credentials_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "favorite_credentials" ADD CONSTRAINT "favorite_credentials_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "computer_credentials" ADD CONSTRAINT "computer_credentials_computer_id_computers_id_fk" FOREIGN KEY ("computer_id") REFERENCES "public"."computers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "computer_credentials" ADD CONSTRAINT "computer_credentials_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "computer_credentials" ADD CONSTRAINT "computer_credentials_access_level_id_access_levels_id_fk" FOREIGN KEY ("access_level_id") REFERENCES "public"."access_levels"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "record_type_fields" ADD CONSTRAINT "record_type_fields_record_type_id_record_types_id_fk" FOREIGN KEY ("record_type_id") REFERENCES "public"."record_types"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settings" ADD CONSTRAINT "settings_changed_by_people_id_fk" FOREIGN KEY ("changed_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "access_levels_name" ON "access_levels" USING btree (lower("name"));--> statement-breakpoint
CREATE INDEX "computer_credentials_credential" ON "computer_credentials" USING btree ("credential_id");--> statement-breakpoint
CREATE UNIQUE INDEX "record_types_name" ON "record_types" USING btree (lower("name"));--> statement-breakpoint
ALTER TABLE "credential_targets" ADD CONSTRAINT "credential_targets_suspended_by_people_id_fk" FOREIGN KEY ("suspended_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_record_type_id_record_types_id_fk" FOREIGN KEY ("record_type_id") REFERENCES "public"."record_types"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_reference_id_credentials_id_fk" FOREIGN KEY ("reference_id") REFERENCES "public"."credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_secret_entered_by_people_id_fk" FOREIGN KEY ("secret_entered_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_access_level_id_access_levels_id_fk" FOREIGN KEY ("access_level_id") REFERENCES "public"."access_levels"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "credentials_reference" ON "credentials" USING btree ("reference_id") WHERE reference_id is not null;--> statement-breakpoint
CREATE INDEX "check_outs_in_use" ON "check_outs" USING btree ("credential_id") WHERE used_at is not null and ended_at is null;--> statement-breakpoint
ALTER TABLE "credential_targets" ADD CONSTRAINT "credential_targets_cause" CHECK (suspended_why in ('new_target', 'address', 'host_key'));--> statement-breakpoint
ALTER TABLE "credential_targets" ADD CONSTRAINT "credential_targets_suspended" CHECK ((suspended_at is null) = (suspended_why is null));--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_one_secret" CHECK (num_nonnulls(secret_id, reference_id) = 1);--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_reference_other" CHECK (reference_id <> id);--> statement-breakpoint
UPDATE "credential_targets" SET "host_key" = (SELECT "fingerprint" FROM "host_keys" WHERE "host_keys"."server" = "credential_targets"."server" AND "host_keys"."port" = "credential_targets"."port");--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON record_types, record_type_fields, access_levels, computer_credentials,
  favorite_computers, favorite_credentials, settings TO sallyport_app;--> statement-breakpoint
-- The binding itself is made and forgotten; only its suspension and the host key it waits for are written later.
GRANT UPDATE (host_key, suspended_at, suspended_by, suspended_why) ON credential_targets TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (given_at) ON sessions TO sallyport_app;
