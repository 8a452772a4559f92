-- Terms and their acceptances are evidence: written once, read by everybody. Of a check-out only its use and its end are
-- written later; work is done and stays; launches and nonces go.
GRANT SELECT, INSERT ON terms, terms_acceptances TO sallyport_app;--> statement-breakpoint
GRANT SELECT, INSERT ON check_outs TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (used_at, session_id, ended_at, alarms) ON check_outs TO sallyport_app;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON jobs, job_attempts TO sallyport_app;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON launches TO sallyport_app;--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON assertion_nonces TO sallyport_app;--> statement-breakpoint
GRANT UPDATE (end_owed) ON sessions TO sallyport_app;
