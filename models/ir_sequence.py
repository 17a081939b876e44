import re

from odoo import models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

COUNTER = re.compile(r"#+")
PLACEHOLDER = re.compile(r"%(?:\((\w*)\)s)?")
# what ir.sequence can fill in (ir_sequence.py: _get_prefix_suffix), less the clock and the date ranges
PLACEHOLDERS = ("year", "y", "month", "day", "doy", "woy", "isoyear", "isoy", "isoweek")
MAX_COUNTER = 12


class IrSequence(models.Model):
    _inherit = "ir.sequence"

    def _next_batch(self, count):
        """Draw ``count`` numbers with a constant number of queries.

        The counterpart of Odoo's ``next_by_id`` for batches: same counter, same look, same gaps.

        :param int count: how many numbers to draw, 0 or more
        :return: list of ``count`` formatted numbers, in the order of the counter
        """
        self.ensure_one()
        if not count:
            return []
        counter = self._get_current_sequence()
        if self.use_date_range:
            counter = counter.with_context(ir_sequence_date_range=counter.date_from)
        if self.implementation == "standard":
            name = f"ir_sequence_{self.id:03d}"
            if self.use_date_range:
                name = f"{name}_{counter.id:03d}"
            rows = self.env.execute_query(SQL("SELECT nextval(%s) FROM generate_series(1, %s)", name, count))
            values = [value for (value,) in rows]
        else:
            step = self.number_increment
            counter.flush_recordset(["number_next"])
            [(after,)] = self.env.execute_query(
                SQL(
                    "UPDATE %s SET number_next = number_next + %s WHERE id = %s RETURNING number_next",
                    SQL.identifier(counter._table),
                    step * count,
                    counter.id,
                )
            )
            counter.invalidate_recordset(["number_next"])
            values = range(after - step * count, after, step)
        prefix, suffix = self.with_context(**counter.env.context)._get_prefix_suffix()
        return [f"{prefix}{value:0{self.padding}d}{suffix}" for value in values]

    def _get_template(self):
        """The look of the numbers as one text, such as ``LEAD/%(year)s/#####``: the hashes are the counter."""
        self.ensure_one()
        return f"{self.prefix or ''}{'#' * max(self.padding, 1)}{self.suffix or ''}"

    def _parse_template(self, template):
        """Values of a sequence whose numbers look like ``template``.

        :param str template: text with one run of ``#`` (the counter, one for each digit) and any of ``%(year)s``,
            ``%(month)s``, ``%(day)s`` ...
        :return: dict with ``prefix``, ``padding`` and ``suffix``
        :raise ValidationError: in words, when the text can't be used
        """
        template = (template or "").strip()
        runs = COUNTER.findall(template)
        if len(runs) != 1:
            raise ValidationError(
                self.env._(
                    "The number template “%(template)s” needs one counter: a single run of # signs, one for each "
                    "digit, "
                    "as in LEAD/%%(year)s/#####.",
                    template=template,
                )
            )
        if len(runs[0]) > MAX_COUNTER:
            raise ValidationError(self.env._("The counter may have up to %(count)s # signs.", count=MAX_COUNTER))
        for match in PLACEHOLDER.finditer(template):
            if match.group(1) not in PLACEHOLDERS:
                raise ValidationError(
                    self.env._(
                        "The number template can't use “%(text)s”. It may contain %(known)s, text and one run of # "
                        "signs.",
                        text=match.group() if match.group(1) else template[match.start() : match.start() + 2],
                        known=", ".join(f"%({name})s" for name in PLACEHOLDERS),
                    )
                )
        prefix, suffix = COUNTER.split(template)
        if len(prefix) + len(suffix) > 60:
            raise ValidationError(self.env._("The number template may have up to 60 characters beside its counter."))
        return {"prefix": prefix, "padding": len(runs[0]), "suffix": suffix}

    def _preview_template(self, template):
        """The next number as it would look under ``template``, without drawing it.

        :raise ValidationError: as :meth:`_parse_template`
        """
        values = self._parse_template(template)
        number = (self._get_current_sequence().number_next_actual if self else 0) or 1
        return self.new({**values, "name": "preview"}).get_next_char(number)
