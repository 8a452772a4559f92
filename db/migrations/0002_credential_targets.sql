CREATE TABLE "credential_targets" (
	"credential_id" uuid NOT NULL,
	"server" text NOT NULL,
	"port" integer NOT NULL,
	"added_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "credential_targets_credential_id_server_port_pk" PRIMARY KEY("credential_id","server","port")
);
--> statement-breakpoint
ALTER TABLE "credential_targets" ADD CONSTRAINT "credential_targets_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
INSERT INTO "credential_targets" ("credential_id", "server", "port")
  SELECT DISTINCT "shared_credential_id", "server", "port" FROM "computers" WHERE "shared_credential_id" IS NOT NULL;--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON credential_targets TO sallyport_app;
