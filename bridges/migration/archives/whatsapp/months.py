# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names of months, which WhatsApp has written in dates until 2014, as in Unicode CLDR."""

from collections.abc import Mapping
from types import MappingProxyType

_NAMES = """
jan feb mar apr may jun jul aug sep oct nov dec
january february march april may june july august sept october november december
янв февр мар апр мая июн июл авг сент окт нояб дек
января февраля марта апреля май июня июля августа сентября октября ноября декабря
jan feb märz apr mai juni juli aug sept okt nov dez
januar februar mrz april mai jun jul august september oktober november dezember
ene feb mar abr may jun jul ago sept oct nov dic
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
janv févr mars avr mai juin juil août sept oct nov déc
gen feb mar apr mag giu lug ago set ott nov dic
jan fev mar abr mai jun jul ago set out nov dez
jan feb mrt apr mei jun jul aug sep okt nov dec
oca şub mar nis may haz tem ağu eyl eki kas ara
jan feb mar apr mei jun jul agu sep okt nov des
"""

MONTHS: Mapping[str, int] = MappingProxyType(
    {
        name: month
        for line in _NAMES.strip().split("\n")
        for month, name in enumerate(line.split(), start=1)
    }
)
"""A month by its name in small letters; no name means two months."""
