from odoo.tools import SQL

from .models.crm_assignment_rule import TURN_CODE
from .models.crm_lead_metric import METRICS
from .models.crm_lead_type_proposal import ORDER_STAGES
from .models.res_company import LEAD_NUMBER_CODE
from .models.res_company_contract import CONTRACT_NUMBER_CODE

# Columns made before the ORM makes them, so that it does not compute them lead by lead on a large database
STAGE_COLUMNS = {"active": "boolean DEFAULT true", "stage_type": "varchar"}
LEAD_COLUMNS = {
    "number": "varchar",
    "number_company_id": "integer",
    "lead_type_id": "integer",
    "stage_type": "varchar",
    "is_urgent": "boolean DEFAULT false",
    "client_status": "varchar DEFAULT 'new'",
    "type_properties": "jsonb",
    "escalated_days": "integer DEFAULT 0",
    "sla_id": "integer",
    "date_sla_within": "timestamp",
    "date_sla_late": "timestamp",
    **{f"{kind}minutes_{name}": "float8" for name in METRICS for kind in ("", "working_")},
    "is_suppressed": "boolean",
}
# Who refers to records that the module has brought along and that are Odoo's own
USED_BY = {
    "crm.stage": [("crm.lead", "stage_id")],
    "crm.lost.reason": [("crm.lead", "lost_reason_id")],
    "utm.source": [("crm.lead", "source_id"), ("sale.order", "source_id")],
    "mail.activity.type": [("mail.activity", "activity_type_id")],
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


def uninstall_hook(env):
    """Remove what the module made without an external id, and let go of what is in use: a stage that holds leads stays,
    as Odoo's."""
    lead_types = env["crm.lead.type"].with_context(active_test=False).search([])
    lead_types.menu_id._unlink_with_action()
    lead_types.write({**dict.fromkeys(ORDER_STAGES, False), "abandon_hours": 0})
    codes = (LEAD_NUMBER_CODE, CONTRACT_NUMBER_CODE, TURN_CODE)
    env["ir.sequence"].with_context(active_test=False).search([("code", "in", codes)]).unlink()
    preset_stages = env["crm.stage"].with_context(active_test=False).search([("preset_key", "!=", False)])
    _remove_intake(env)
    used = {name: _let_go_of_used(env, name, columns) for name, columns in USED_BY.items()}
    env["crm.stage.transition"].search([]).unlink()
    (preset_stages - used["crm.stage"]).unlink()
    # Types, reasons, purposes, outcomes and demo operators go before the columns that refer to them
    for table, column in (
        ("crm_lead", "lead_type_id"),
        ("crm_lead", "removal_reason_id"),
        ("crm_consent", "purpose_id"),
        ("crm_lead_channel", "purpose_id"),
        ("crm_call", "outcome_id"),
        ("crm_call", "campaign_id"),
        ("crm_call", "user_id"),
        ("sale_order", "contract_campaign_id"),
        ("sale_order", "contract_user_id"),
        ("crm_call_outcome", "exhausted_outcome_id"),
        ("crm_call_outcome", "stage_id"),
        ("crm_call_outcome", "lost_reason_id"),
    ):
        constraint = SQL.identifier(f"{table}_{column}_fkey")
        env.cr.execute(SQL("ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", SQL.identifier(table), constraint))


def _remove_intake(env):
    """Addresses that mails come in by, files that no lead has, keys and settings."""
    channels = env["crm.intake.channel"].with_context(active_test=False).search([])
    aliases = channels.alias_id
    channels.alias_id = False
    aliases.unlink()
    env["ir.attachment"].search([("res_model", "=", "crm.intake.request")]).unlink()
    env["ir.config_parameter"].search([("key", "=like", "crm_lead_lifecycle.%")]).unlink()


def _let_go_of_used(env, name, columns):
    """Records of the module that others refer to stay, as the user's own.

    :param columns: (model, field) of those who refer to records of the model ``name``
    :return: the records of that model that are in use
    """
    used = env[name]
    for model, field in columns:
        records = env[model].with_context(active_test=False)
        used |= records._read_group([], aggregates=[f"{field}:recordset"])[0][0]
    env["ir.model.data"].search(
        [("module", "=", "crm_lead_lifecycle"), ("model", "=", name), ("res_id", "in", used.ids)]
    ).unlink()
    return used
