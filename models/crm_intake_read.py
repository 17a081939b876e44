from odoo import api, models

from .crm_intake_channel import IntakeError
from .crm_intake_request import LONGEST_ID
from .intake_json import JsonProblem, read_object


class CrmIntakeChannel(models.Model):
    """Reading what was sent, one method a kind of channel."""

    _inherit = "crm.intake.channel"

    def _read_json(self, intake):
        try:
            return read_object((intake.payload or "").encode(errors="surrogatepass"))
        except JsonProblem as problem:
            raise self._tell_problem(problem) from problem

    @api.model
    def _get_external_id(self, raw, key=None):
        """What the sender calls a request: the header ``Idempotency-Key``, else ``external_id`` in the body.

        :return: str, or None
        :raise IntakeError: for one that is endless
        """
        try:
            given = key or read_object(raw).get("external_id")
        except JsonProblem:  # told once it is written down
            return None
        given = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
        given = "".join(filter(str.isprintable, " ".join(given.split())))
        if len(given) > LONGEST_ID:
            message = self.env._("A number can have %(count)s characters.", count=LONGEST_ID)
            raise IntakeError(message, "external_id", 400)
        return given or None

    def _tell_problem(self, problem):
        """
        :param problem: JsonProblem
        :return: IntakeError
        """
        message = {
            "encoding": self.env._("The body is not UTF-8."),
            "syntax": self.env._("The body is no JSON."),
            "object": self.env._("The body has to be one JSON object."),
            "depth": self.env._("The body is nested too deeply."),
            "size": self.env._("The body holds too many values."),
            "number": self.env._("The body holds a number that can't be meant."),
            "key": self.env._("The body has a key twice: %(key)s.", key=problem.detail),
            "character": self.env._("The body holds characters that are no text."),
        }[problem.word]
        return IntakeError(message, problem.detail, 400)
