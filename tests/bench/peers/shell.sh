#!/usr/bin/env bash
# What a person would write in an evening: inotifywait, jq and curl, up to eight calls at once. No promises at all.
# Run by the benches: shell.sh ROOT BASE_URL; inotifywait says "Watches established." when it watches.
set -u -o pipefail
root=$1 base_url=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

edit() {
    local photo=$root/inbox/$1 stem=${1%.*}
    local answer=$scratch/$stem
    base64 -w0 "$photo" |
        jq -R --rawfile prompt "$root/inbox/$stem.txt" \
            '{prompt: $prompt, input_images_base64: [.], size: "1536x1024", quality: "auto", format: "png"}' |
        curl --silent --show-error --fail --max-time 900 --output "$answer" --data-binary @- \
            -H "Authorization: Bearer $DENCH_API_KEY" -H "Idempotency-Key: $stem" \
            -H "Content-Type: application/json" -H "Expect:" "$base_url/images/edits" || return
    jq -r .b64_json "$answer" | base64 -d > "$root/outbox/$stem.png" || return
    jq 'del(.b64_json)' "$answer" > "$root/outbox/$stem.png.json"
    mv "$photo" "$root/inbox/$stem.txt" "$root/done/"
    rm "$answer"
}

inotifywait --monitor -e close_write -e moved_to --format %f "$root/inbox" | while read -r name; do
    case $name in *.jpg | *.jpeg | *.png) ;; *) continue ;; esac
    while [ "$(jobs -rp | wc -l)" -ge 8 ]; do wait -n; done
    edit "$name" &
done
