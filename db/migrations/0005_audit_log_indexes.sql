-- A trusted extension that comes with PostgreSQL: whoever owns the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
DROP INDEX "audit_events_at";--> statement-breakpoint
CREATE INDEX "audit_events_latest" ON "audit_events" USING btree ("at","writer_id","seq");--> statement-breakpoint
CREATE INDEX "audit_events_kind" ON "audit_events" USING btree ("kind","at");--> statement-breakpoint
CREATE INDEX "audit_events_actor" ON "audit_events" USING btree ("actor_id","at");--> statement-breakpoint
CREATE INDEX "audit_events_person" ON "audit_events" USING btree ((subject ->> 'personId')) WHERE (subject ->> 'personId') is not null;--> statement-breakpoint
CREATE INDEX "audit_events_email" ON "audit_events" USING btree (lower(subject ->> 'email')) WHERE (subject ->> 'email') is not null;--> statement-breakpoint
CREATE INDEX "audit_events_text" ON "audit_events" USING gin ((subject::text) gin_trgm_ops);
