"""The lines by which shells complete commands: they ask this program, and show nothing of its errors."""

from enum import StrEnum
from typing import Final


class Shell(StrEnum):
    """A shell that completes."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


# Each hands over what stands behind the program's name, and reads the answer that completing.py describes.
SCRIPTS: Final = {
    Shell.BASH: """\
_retouchd() {
    local answer line
    COMPREPLY=()
    local program=${COMP_WORDS[0]/#\\~/$HOME}
    answer=$("$program" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return 0
    case $answer in
        files*) compopt -o default ;;
        folders*) compopt -o dirnames ;;
        words*) while IFS=$'\\t' read -r line _; do COMPREPLY+=("$line"); done <<<"${answer#words$'\\n'}" ;;
    esac
}
complete -F _retouchd retouchd
""",
    Shell.ZSH: """\
#compdef retouchd
_retouchd() {
    local program=${~words[1]}
    local -a answer found
    local line
    answer=("${(@f)$($program complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    case $answer[1] in
        files) _files ;;
        folders) _files -/ ;;
        words)
            for line in "${(@)answer[2,-1]}"; do
                found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
            done
            _describe retouchd found ;;
    esac
}
if [[ ${funcstack[1]} = _retouchd ]]; then _retouchd "$@"; else compdef _retouchd retouchd; fi
""",
    Shell.FISH: """\
function __retouchd_complete
    set -l given (commandline -opc) (commandline -ct)
    set -l answer ($given[1] complete -- $given[2..-1] 2>/dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path (commandline -ct)
        case folders
            __fish_complete_directories (commandline -ct)
        case words
            string join \\n -- $answer[2..-1]
    end
end
complete -c retouchd -f -a '(__retouchd_complete)'
""",
}
