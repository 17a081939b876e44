"""Whether the module, once it is uninstalled, leaves Odoo as it was before."""

from . import base, databases, python, server

# What a database consists of: all that the module adds has to be gone from each of these.
INVENTORY = {
    "column": "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'",
    "index": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    "constraint": "SELECT conname FROM pg_constraint",
    "counter": "SELECT sequencename FROM pg_sequences",
    "field": "SELECT model || '.' || name FROM ir_model_fields",
    "view": "SELECT name FROM ir_ui_view",
    "menu": "SELECT name->>'en_US' FROM ir_ui_menu",
    "action": "SELECT type || ' ' || coalesce(name->>'en_US', '') FROM ir_actions",
    "record rule": "SELECT name FROM ir_rule",
    "access right": "SELECT name FROM ir_model_access",
    "group": "SELECT name->>'en_US' FROM res_groups",
    "parameter": "SELECT key FROM ir_config_parameter",
    "mail alias": "SELECT alias_name FROM mail_alias WHERE alias_name IS NOT NULL",
    "file": "SELECT name FROM ir_attachment WHERE res_model LIKE 'crm.intake.%' OR res_model LIKE 'crm.webhook%'",
    "scheduled job": "SELECT cron_name FROM ir_cron",
    "number sequence": "SELECT name FROM ir_sequence",
    "external id": f"SELECT name FROM ir_model_data WHERE module = '{base.MODULE}'",
}
# Odoo's own demo leads: what has to stay of them, lost in a stage of ours or not
LEADS = """
    SELECT lead.id, lead.active, lead.won_status, lead.stage_id FROM crm_lead lead
      JOIN ir_model_data data ON data.model = 'crm.lead' AND data.res_id = lead.id AND data.module = 'crm'
     ORDER BY lead.id
"""
USE = """
env.ref("crm.crm_case_1").action_set_lost(lost_reason_id=env["crm.lost.reason"].search([], limit=1).id)
env["crm.webhook"].create({"name": "Warehouse", "url": "https://example.com"})
channel = env["crm.intake.channel"].create({"name": "Portal", "kind": "mail", "alias_name": "portal-of-ours"})
channel._new_health_key()
intake = env["crm.intake.request"].create({"channel_id": channel.id, "payload": "From: a@example.org"})
env["ir.attachment"].create({"name": "kept.txt", "raw": b"x", "res_model": intake._name, "res_id": intake.id})
env["crm.lead"].create({"name": "Waits for the receiver"}).unlink()
env.cr.commit()
"""
UNINSTALL = f"""
env["ir.module.module"].search([("name", "=", "{base.MODULE}")]).button_immediate_uninstall()
"""


class UninstallTest:
    """Uninstall the module from a database and compare it with one that never had it.

    Counts as one test, as `report.Report` does.
    """

    def __init__(self, env, database, template):
        base.say("uninstalling the module")
        self._problems = _shell(env, database, USE)
        leads = databases.sql(env, LEADS, database)
        self._problems += _shell(env, database, UNINSTALL)
        for kind, query in INVENTORY.items():
            left = _rows(env, query, database) - _rows(env, query, template)
            lost = _rows(env, query, template) - _rows(env, query, database)
            self._problems += [f"uninstall: left behind, {kind}: {name}" for name in sorted(left)]
            self._problems += [f"uninstall: taken away, {kind}: {name}" for name in sorted(lost)]
        if databases.sql(env, LEADS, database) != leads:
            self._problems.append("uninstall: leads changed their stage, or whether they are active, won or lost")

    def problems(self):
        return self._problems

    def counts(self):
        """Passed, failed, skipped."""
        return int(not self._problems), len(self._problems), 0


def _shell(env, database, script):
    """Run a script in Odoo's shell; return what it warned of."""
    log = server.log_file("test-uninstall")
    command = [python.interpreter(), "-m", "odoo", "shell", f"--database={database}", "--no-http", "--log-level=warn"]
    source = log.with_suffix(".py")
    source.write_text(script)
    with source.open() as commands, log.open("w") as output:
        base.run(command, env=env, stdin=commands, stdout=output, stderr=output)
    lines = log.read_text().splitlines()
    return [f"uninstall: {line}" for line in lines if server.LOG_LINE.match(line) or "Error" in line]


def _rows(env, query, database):
    return set(databases.sql(env, query, database).splitlines())
