DROP INDEX "recordings_retain";--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "lift_asked_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "lift_asked_by" uuid;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "lift_reason" text;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "kept_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "kept_why" text;--> statement-breakpoint
ALTER TABLE "recordings" ADD COLUMN "erased_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_lift_asked_by_people_id_fk" FOREIGN KEY ("lift_asked_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "recordings_to_erase" ON "recordings" USING btree ("deleted_at") WHERE state = 'deleted' and erased_at is null;--> statement-breakpoint
CREATE INDEX "recordings_kept" ON "recordings" USING btree ("session_id") WHERE kept_why is not null;--> statement-breakpoint
CREATE INDEX "recordings_held" ON "recordings" USING btree ("session_id") WHERE held_at is not null;--> statement-breakpoint
CREATE INDEX "recordings_retain" ON "recordings" USING btree ("retain_until") WHERE state <> 'deleted';--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_lift" CHECK ((lift_asked_at is null) = (lift_asked_by is null) and (lift_asked_at is null or held_at is not null));--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_erased" CHECK (erased_at is null or state = 'deleted');--> statement-breakpoint
GRANT UPDATE (lift_asked_at, lift_asked_by, lift_reason, kept_at, kept_why, erased_at) ON recordings TO sallyport_app;
