-- The role sallyport_app is made outside the migrations (db/roles.ts); here it gets what the children need and no more.
REVOKE ALL ON SCHEMA public FROM PUBLIC;--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO sallyport_app;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON
  people, login_sessions, throttles, set_up_links, groups, group_members, secrets, secret_recipients, credentials,
  computers, host_keys, policies, tickets
  TO sallyport_app;--> statement-breakpoint
-- Evidence is never deleted by the application; grants are revoked, sessions end, recordings are sealed.
GRANT SELECT, INSERT, UPDATE ON grants, sessions, recordings TO sallyport_app;--> statement-breakpoint
GRANT SELECT, INSERT ON audit_events TO sallyport_app;--> statement-breakpoint
GRANT SELECT ON installation TO sallyport_app;--> statement-breakpoint
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO sallyport_app;
