"""The JSON of an accepted edit: every field that the vendor documents, the optional ones included."""

import base64
import hashlib
from decimal import Decimal

from retouchd.simulator.edits import Edited
from retouchd.simulator.prices import usage_of
from retouchd.simulator.requests import EditRequest

MODEL = "gpt-image-2"
ENDPOINT = "images/edits"


def compose_answer(request: EditRequest, edited: Edited, cost_usd: Decimal) -> dict[str, object]:
    """The documented answer to a request; only `signedUrl` is empty, for there is no workspace to link to."""
    content_hash = hashlib.sha256(edited.data).hexdigest()
    storage_id = f"sim_{content_hash[:24]}"
    return {
        "ok": True,
        "model": MODEL,
        "endpoint": ENDPOINT,
        "prompt": request.prompt,
        "revisedPrompt": edited.revised_prompt,
        "b64_json": base64.b64encode(edited.data).decode("ascii"),
        "path": request.save_path or f"/images/{storage_id}.{request.format}",
        "signedUrl": None,
        "quality": request.quality,
        "requestedSize": request.requested_size,
        "format": request.format,
        "mimeType": f"image/{request.format}",
        "estimatedCostUsd": float(cost_usd),
        "storageId": storage_id,
        "contentHash": content_hash,
        "sizeBytes": len(edited.data),
        "usage": usage_of(
            quality=request.quality,
            size=request.size,
            photo_count=request.photo_count,
            prompt=request.prompt,
        ),
    }
