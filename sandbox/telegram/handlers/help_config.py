# SPDX-License-Identifier: AGPL-3.0-or-later
"""Namespace ``help``: what a client asks before it does anything else."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from telethon.tl import types
from telethon.tl.functions import help as help_

from sandbox.telegram.limits import DC_ID
from sandbox.telegram.rpc import Call, Handler


def handlers(addresses: Callable[[], Mapping[int, tuple[str, int]]]) -> dict[type, Handler]:
    """Return the handlers; `addresses` says where clients connect to, by data centre."""

    def get_config(call: Call, _request: Any) -> Any:
        known = addresses().items()
        return _config(call, [types.DcOption(dc, host, port) for dc, (host, port) in known])

    return {
        help_.GetConfigRequest: get_config,
        help_.GetNearestDcRequest: _get_nearest_dc,
        help_.GetAppConfigRequest: _get_app_config,
    }


def _config(call: Call, options: list[Any]) -> Any:
    limits = call.world.limits
    now = call.world.clock.moment()
    return types.Config(
        date=now,
        expires=now + timedelta(hours=1),
        test_mode=True,
        this_dc=call.key.dc,
        dc_options=options,
        dc_txt_domain_name="",
        chat_size_max=limits.group_members,
        megagroup_size_max=200_000,
        forwarded_count_max=100,
        online_update_period_ms=210_000,
        offline_blur_timeout_ms=5_000,
        offline_idle_timeout_ms=30_000,
        online_cloud_timeout_ms=300_000,
        notify_cloud_delay_ms=30_000,
        notify_default_delay_ms=1_500,
        push_chat_period_ms=60_000,
        push_chat_limit=2,
        edit_time_limit=limits.edit_seconds,
        revoke_time_limit=2_147_483_647,
        revoke_pm_time_limit=2_147_483_647,
        rating_e_decay=2_419_200,
        stickers_recent_limit=200,
        channels_read_media_period=604_800,
        call_receive_timeout_ms=20_000,
        call_ring_timeout_ms=90_000,
        call_connect_timeout_ms=30_000,
        call_packet_timeout_ms=10_000,
        me_url_prefix="https://t.me/",
        caption_length_max=limits.caption,
        message_length_max=limits.text,
        webfile_dc_id=DC_ID,
    )


def _get_nearest_dc(call: Call, _request: Any) -> Any:
    return types.NearestDc("XX", call.key.dc, DC_ID)


def _get_app_config(call: Call, _request: Any) -> Any:
    limits = call.world.limits
    told = {
        "caption_length_limit_default": limits.caption,
        "caption_length_limit_premium": limits.caption_premium,
        "reactions_user_max_default": limits.reactions,
        "reactions_user_max_premium": limits.reactions_premium,
        "upload_max_fileparts_default": limits.file_parts,
        "upload_max_fileparts_premium": limits.file_parts_premium,
        "poll_answers_max": limits.poll_answers,
        "todo_items_max": limits.todo_items,
    }
    values = [types.JsonObjectValue(key, types.JsonNumber(told[key])) for key in sorted(told)]
    return types.help.AppConfig(0, types.JsonObject(values))
