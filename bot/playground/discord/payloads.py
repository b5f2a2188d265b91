"""State as the JSON that Discord sends."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.playground.discord.pictures import Sign, components, embeds
from bot.playground.discord.state import Channel, Guild, Json, Member, Message, Role, StoredAttachment, Use, User


def timestamp(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def user(person: User) -> Json:
    return {
        "id": str(person.id),
        "username": person.name.lower().replace(" ", "_"),
        "global_name": None if person.bot else person.name,
        "discriminator": "0000" if person.bot else "0",
        "avatar": person.avatar and f"{person.avatar.id:032x}",
        "bot": person.bot,
        "public_flags": 0,
        "flags": 0,
    }


def bare_member(who: Member) -> Json:
    """A member without its user, as resolved data and message events carry it."""
    return {
        "nick": None,
        "avatar": who.avatar and f"{who.avatar.id:032x}",
        "banner": None,
        "roles": [str(r.id) for r in who.roles],
        "joined_at": timestamp(who.joined),
        "premium_since": None,
        "communication_disabled_until": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
    }


def member(who: Member) -> Json:
    return {**bare_member(who), "user": user(who.user)}


def role(item: Role) -> Json:
    return {
        "id": str(item.id),
        "name": item.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": item.position,
        "permissions": str(item.permissions),
        "managed": item.managed,
        "mentionable": False,
        "flags": 0,
    }


def channel(item: Channel) -> Json:
    last = next((m.id for m in reversed(item.everything) if not m.deleted and not m.ephemeral), None)
    common = {"id": str(item.id), "type": item.type, "flags": 0, "last_message_id": str(last) if last else None}
    if item.guild is None:
        recipients = [user(item.recipient)] if item.recipient else []
        return {**common, "recipients": recipients}
    return {
        **common,
        "guild_id": str(item.guild.id),
        "name": item.name,
        "position": list(item.guild.channels).index(item.id),
        "topic": item.topic,
        "nsfw": item.nsfw,
        "rate_limit_per_user": 0,
        "parent_id": None,
        "permission_overwrites": [
            {"id": str(o.target), "type": o.type, "allow": str(o.allow), "deny": str(o.deny)}
            for o in item.overwrites.values()
        ],
    }


def guild(item: Guild) -> Json:
    """What GET /guilds/{id} answers."""
    return {
        "id": str(item.id),
        "name": item.name,
        "icon": None,
        "splash": None,
        "banner": None,
        "owner_id": str(item.owner_id),
        "afk_timeout": 300,
        "afk_channel_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": item.premium_tier,
        "premium_progress_bar_enabled": False,
        "preferred_locale": item.locale,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [role(r) for r in item.roles.values()],
    }


def guild_create(item: Guild, *, joined: bool = False) -> Json:
    """A server with all that is in it; one that the bot has just joined says nothing of having been unavailable."""
    return {
        **guild(item),
        **({} if joined else {"unavailable": False}),
        "joined_at": timestamp(item.bot.joined),
        "large": False,
        "member_count": len(item.members),
        "members": [member(m) for m in item.members.values()],
        "channels": [channel(c) for c in item.channels.values()],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def attachment(item: StoredAttachment, sign: Sign) -> Json:
    url = sign(item)
    data: Json = {
        "id": str(item.id),
        "filename": item.filename,
        "size": item.size,
        "url": url,
        "proxy_url": url,
        "content_type": item.content_type,
        "content_scan_version": 0,
    }
    if item.width is not None:
        data |= {"width": item.width, "height": item.height}
    if item.description is not None:
        data["description"] = item.description
    if item.ephemeral:
        data["ephemeral"] = True
    return data


def interaction_metadata(use: Use) -> Json:
    data: Json = {
        "id": str(use.id),
        "type": use.type,
        "user": user(use.user),
        "authorizing_integration_owners": owners(use.channel, use.user),
    }
    if use.type == 2:
        data |= _target(use.data)
    if use.type == 3 and use.source is not None:
        data["interacted_message_id"] = str(use.source.id)
    if use.parent is not None:
        data["triggering_interaction_metadata"] = interaction_metadata(use.parent)
    return data


def _target(command: Json) -> Json:
    """What a context menu was used on."""
    if command["type"] == 2:
        return {"target_user": command["resolved"]["users"][command["target_id"]]}
    return {"target_message_id": command["target_id"]} if command["type"] == 3 else {}


def owners(where: Channel, person: User) -> dict[str, str]:
    """Who installed the app: "0" is the server (in a DM with the bot, Discord says 0), "1" the person."""
    own = {"1": str(person.id)} if person.has_installed else {}
    if where.guild is None:
        return {"0": "0", **own}
    return {"0": str(where.guild.id), **own} if where.guild.id in where.world.guilds else own


def message(item: Message, sign: Sign, *, nested: bool = False) -> Json:
    data: Json = {
        "id": str(item.id),
        "channel_id": str(item.channel.id),
        "author": user(item.author),
        "content": item.content,
        "timestamp": timestamp(item.created),
        "edited_timestamp": timestamp(item.edited),
        "tts": False,
        "mention_everyone": item.mention_everyone,
        "mentions": [user(u) for u in item.mentions],
        "mention_roles": [str(r.id) for r in item.mention_roles],
        "attachments": [attachment(f, sign) for f in item.attachments],
        "embeds": embeds(item, sign),
        "components": components(item, sign),
        "pinned": False,
        "type": item.type,
        "flags": item.flags,
    }
    if item.nonce is not None:
        data["nonce"] = item.nonce
    if item.use is not None:
        _from_interaction(data, item, item.use)
    if item.reply_to is not None:
        reference = {"type": 0, "message_id": str(item.reply_to.id), "channel_id": str(item.channel.id)}
        data["message_reference"] = reference
        if not nested:
            gone = item.reply_to.deleted
            data["referenced_message"] = None if gone else message(item.reply_to, sign, nested=True)
    if (carried := item.forwards) is not None:
        reference = {"type": 1, "message_id": str(carried.id), "channel_id": str(carried.channel.id)}
        data |= {"message_reference": reference, "message_snapshots": [{"message": _snapshot(carried, sign)}]}
    return data


def _snapshot(item: Message, sign: Sign) -> Json:
    """What a forward shows of a message: no word of who wrote it."""
    whole = message(item, sign, nested=True)
    names = ("type", "content", "embeds", "attachments", "timestamp", "edited_timestamp", "flags", "components")
    return {name: whole[name] for name in (*names, "mentions", "mention_roles")}


def _from_interaction(data: Json, item: Message, use: Use) -> None:
    data["webhook_id"] = data["application_id"] = str(item.author.id)
    data["interaction_metadata"] = interaction_metadata(use)
    if use.type == 2:
        data["interaction"] = {"id": str(use.id), "type": 2, "name": use.name, "user": user(use.user)}


def message_event(item: Message, sign: Sign) -> Json:
    """As the gateway sends it: with the server and the member, but for ephemeral ones, which come without."""
    data = message(item, sign)
    guild_here = item.channel.guild
    if guild_here is None or item.ephemeral:
        return data
    data["guild_id"] = str(guild_here.id)
    who = guild_here.members.get(item.author.id)
    if who is not None and item.use is None:
        data["member"] = bare_member(who)
    return data


def without_content(data: Json, reader: User) -> Json:
    """What a reader without the message content intent gets of a message: nothing of what others say past it."""
    me = str(reader.id)
    if data["author"]["id"] == me or any(mentioned["id"] == me for mentioned in data["mentions"]):
        return data
    answered = data.get("referenced_message")
    nested: Json = {"referenced_message": without_content(answered, reader)} if answered else {}
    if "message_snapshots" in data:
        nested["message_snapshots"] = []
    return {**data, **nested, "content": "", "embeds": [], "attachments": [], "components": []}


def command_permissions(guild: Guild, target_id: int) -> Json:
    """What a server's Integrations page says of a command, or of the application."""
    return {
        "id": str(target_id),
        "application_id": str(guild.world.bot.id),
        "guild_id": str(guild.id),
        "permissions": [
            {"id": str(key), "type": kind, "permission": allowed}
            for (kind, key), allowed in guild.command_permissions[target_id].items()
        ],
    }
