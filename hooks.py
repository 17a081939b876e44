from odoo.tools import SQL

from .models.res_company import LEAD_NUMBER_CODE

# Columns made before the ORM makes them, so that it does not compute them lead by lead on a large database
STAGE_COLUMNS = {"active": "boolean DEFAULT true", "stage_type": "varchar"}
LEAD_COLUMNS = {
    "number": "varchar",
    "number_company_id": "integer",
    "lead_type_id": "integer",
    "stage_type": "varchar",
    "is_urgent": "boolean DEFAULT false",
    "client_status": "varchar DEFAULT 'new'",
}


def pre_init_hook(env):
    """Prepare the columns of existing stages and leads; won stages are the qualified ones, all others are open."""
    for table, columns in (("crm_stage", STAGE_COLUMNS), ("crm_lead", LEAD_COLUMNS)):
        for column, definition in columns.items():
            env.cr.execute(
                SQL(
                    "ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s %s",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    SQL(definition),
                )
            )
    env.cr.execute("UPDATE crm_stage SET stage_type = CASE WHEN is_won THEN 'qualified' ELSE 'open' END")


def post_init_hook(env):
    """Adopt what is there: stages and leads get the default type, leads a number, companies a counter."""
    lead_type = env.ref("crm_lead_lifecycle.crm_lead_type_default")
    lead_type.stage_ids = env["crm.stage"].with_context(active_test=False).search([])
    _add_direct_source(env)
    for company in env["res.company"].with_context(active_test=False).search([]):
        sequence = company._create_lead_number_sequence()
        count = _adopt_leads(env, company, lead_type, sequence)
        if count:
            sequence.number_next_actual = count + 1
    env["crm.lead"].invalidate_model()


def _adopt_leads(env, company, lead_type, sequence):
    """Give the existing leads of a company their type and their number, in the order in which they came and with the year
    in which they came, in one statement. Leads without a company are counted by the main one.

    :return: how many there were
    """
    env.cr.execute(
        SQL(
            """
            UPDATE crm_lead lead
               SET lead_type_id = %(type)s,
                   number_company_id = %(company)s,
                   number = 'LEAD/' || numbered.year || '/' || lpad(numbered.n::text, greatest(%(padding)s, length(numbered.n::text)), '0'),
                   stage_type = numbered.stage_type,
                   client_status = CASE WHEN lead.partner_id IS NULL THEN 'new' ELSE 'linked' END
              FROM (
                    SELECT old.id,
                           to_char(old.create_date, 'YYYY') AS year,
                           row_number() OVER (ORDER BY old.id) AS n,
                           stage.stage_type
                      FROM crm_lead old
                      LEFT JOIN crm_stage stage ON stage.id = old.stage_id
                     WHERE old.company_id = %(company)s OR (old.company_id IS NULL AND %(main)s)
                   ) numbered
             WHERE lead.id = numbered.id
            """,
            type=lead_type.id,
            company=company.id,
            padding=sequence.padding,
            main=company == env.company,
        )
    )
    return env.cr.rowcount


def _add_direct_source(env):
    """The source "Direct" (by phone or at the desk), unless the company has one already."""
    source = env["utm.source"]
    if source.search_count([("name", "=", "Direct")], limit=1):
        return
    env["ir.model.data"]._update_xmlids(
        [
            {
                "xml_id": "crm_lead_lifecycle.utm_source_direct",
                "record": source.create({"name": "Direct"}),
                "noupdate": True,
            }
        ]
    )


def uninstall_hook(env):
    """Remove what has no external id of its own."""
    env["ir.sequence"].with_context(active_test=False).search([("code", "=", LEAD_NUMBER_CODE)]).unlink()
