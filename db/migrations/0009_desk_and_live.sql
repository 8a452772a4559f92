CREATE TABLE "recording_texts" (
	"session_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"elapsed_ms" bigint NOT NULL,
	"text" text NOT NULL,
	CONSTRAINT "recording_texts_session_id_seq_pk" PRIMARY KEY("session_id","seq")
);
--> statement-breakpoint
CREATE TABLE "session_views" (
	"id" uuid PRIMARY KEY NOT NULL,
	"session_id" uuid NOT NULL,
	"viewer_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"started_at" timestamp (6) with time zone NOT NULL,
	"ended_at" timestamp (6) with time zone,
	CONSTRAINT "session_views_kind" CHECK (kind in ('watch', 'wall', 'replay'))
);
--> statement-breakpoint
ALTER TABLE "recordings" DROP CONSTRAINT "recordings_state";--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "grace_seconds" integer DEFAULT 60 NOT NULL;--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "idle_timeout_minutes" integer;--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "max_duration_minutes" integer;--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "allow_snooping" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "tell_watched" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "retention_days" integer;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "index_state" text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "indexed_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "index_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "playable" text DEFAULT 'unknown' NOT NULL;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "check_detail" text;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "secret_prints" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "retain_until" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "held_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "held_by" uuid;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "hold_reason" text;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "deleted_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "delete_reason" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "detached_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "last_input_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "allows_snooping" boolean;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "target_closed_ms" integer;--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "purpose" text DEFAULT 'open' NOT NULL;--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "viewer_id" uuid;--> statement-breakpoint
ALTER TABLE "recording_texts" ADD CONSTRAINT "recording_texts_session_id_recordings_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."recordings"("session_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_views" ADD CONSTRAINT "session_views_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_views" ADD CONSTRAINT "session_views_viewer_id_people_id_fk" FOREIGN KEY ("viewer_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "recording_texts_text" ON "recording_texts" USING gin (text gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "session_views_session" ON "session_views" USING btree ("session_id","started_at");--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_held_by_people_id_fk" FOREIGN KEY ("held_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_viewer_id_people_id_fk" FOREIGN KEY ("viewer_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "recordings_retain" ON "recordings" USING btree ("retain_until") WHERE state <> 'deleted' and held_at is null;--> statement-breakpoint
CREATE INDEX "recordings_playable" ON "recordings" USING btree ("playable") WHERE playable <> 'playable';--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_grace" CHECK (grace_seconds between 0 and 86400);--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_idle_timeout" CHECK (idle_timeout_minutes between 1 and 1440);--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_max_duration" CHECK (max_duration_minutes between 1 and 10080);--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_retention" CHECK (retention_days between 1 and 36500);--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_index_state" CHECK (index_state in ('none', 'waiting', 'ready', 'failed'));--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_playable" CHECK (playable in ('unknown', 'playable', 'unplayable'));--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_deleted" CHECK ((state = 'deleted') = (deleted_at is not null));--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_held" CHECK ((held_at is null) = (hold_reason is null));--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_state" CHECK (state in ('writing', 'sealed', 'failed', 'deleted'));--> statement-breakpoint
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_purpose" CHECK (purpose in ('open', 'attach', 'watch'));--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON recording_texts TO sallyport_app;--> statement-breakpoint
GRANT SELECT, INSERT ON session_views TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (ended_at) ON session_views TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (detached_at, last_input_at, allows_snooping, target_closed_ms) ON sessions TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (index_state, indexed_at, index_bytes, playable, check_detail, secret_prints, retain_until, held_at, held_by,
  hold_reason, deleted_at, delete_reason) ON recordings TO sallyport_app;
