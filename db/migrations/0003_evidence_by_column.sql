-- What was written down stays as it was: the application ends, revokes and seals, and changes nothing else of a row that
-- is evidence. Who somebody was, and where, is never deleted.
REVOKE UPDATE ON grants, sessions, recordings, login_sessions FROM sallyport_app;--> statement-breakpoint
GRANT UPDATE (revoked_at) ON grants TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (revoked_at) ON login_sessions TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (state, sealed_at, bytes, duration_ms, head, seal_reason) ON recordings TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (credential_id, policy, state, end_reason, end_detail, exit_status, gateway_id, lease_until, opened_at,
  ended_at, bytes_out, bytes_in) ON sessions TO sallyport_app;--> statement-breakpoint
REVOKE DELETE ON people, login_sessions, computers, policies FROM sallyport_app;
