using System;

namespace Punnet.Cli;

/// <summary>
/// What each shell needs to ask <c>punnet completion for WORD...</c>. Its answer is a line for each candidate, with a description after a
/// tab; the line <c>:file</c> or <c>:directory</c> stands for those of the shell.
/// </summary>
internal static class CompletionScripts
{
    /// <summary>
    /// bash(1), "Programmable Completion": it cuts words at = and : too, and takes back only the part behind the last of them.
    /// </summary>
    public static ReadOnlySpan<byte> Bash => """
        # bash completion for punnet
        _punnet() {
            local word=${COMP_WORDS[COMP_CWORD]} value line path i
            local part=$word words=()
            [[ $part =~ ^[=:]+$ ]] && part=
            for ((i = 1; i <= COMP_CWORD; i++)); do
                if ((i > 1)) && [[ ${COMP_WORDS[i]} =~ ^[=:]+$ || ${COMP_WORDS[i - 1]} =~ ^[=:]+$ ]]; then
                    words[-1]+=${COMP_WORDS[i]}
                else
                    words+=("${COMP_WORDS[i]}")
                fi
            done
            word=${words[-1]} value=${words[-1]}
            [[ $word == -*=* ]] && value=${word#*=}
            COMPREPLY=()
            while IFS= read -r line; do
                case $line in
                    :file | :directory)
                        compopt -o filenames 2>/dev/null
                        while IFS= read -r path; do
                            COMPREPLY+=("${word%"$value"}$path")
                        done < <(compgen -A "${line:1}" -- "$value")
                        ;;
                    *) COMPREPLY+=("${line%%$'\t'*}") ;;
                esac
            done < <("${1/#\~\//$HOME/}" completion for "${words[@]}" 2>/dev/null)
            COMPREPLY=("${COMPREPLY[@]#"${word%"$part"}"}")
        }
        complete -o nosort -F _punnet punnet

        """u8;

    /// <summary>zshcompsys(1): the file _punnet of a folder in fpath, or sourced.</summary>
    public static ReadOnlySpan<byte> Zsh => """
        #compdef punnet
        # zsh completion for punnet
        _punnet() {
            local line text
            local -a candidates
            for line in "${(@f)$(${~words[1]} completion for "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
                case $line in
                    :file) compset -P '-*='; _files ;;
                    :directory) compset -P '-*='; _files -/ ;;
                    ?*)
                        text=${line%%$'\t'*}
                        candidates+=("${text//:/\\:}:${line#*$'\t'}")
                        ;;
                esac
            done
            _describe -V punnet candidates
        }
        if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
            _punnet "$@"
        else
            compdef _punnet punnet
        fi

        """u8;

    /// <summary>fish-completions(7).</summary>
    public static ReadOnlySpan<byte> Fish => """
        # fish completion for punnet
        function __punnet_complete
            set -l words (commandline --tokenize --cut-at-cursor --current-process)
            set -l word (commandline --cut-at-cursor --current-token)
            set -l option (string match --regex -- '^-[^=]*=' "$word")
            set -l value (string replace --regex -- '^-[^=]*=' '' "$word")
            for line in ($words[1] completion for $words[2..] "$word" 2>/dev/null)
                switch $line
                    case :file
                        string replace --regex -- '^' "$option" (__fish_complete_path "$value")
                    case :directory
                        string replace --regex -- '^' "$option" (__fish_complete_directories "$value" '')
                    case '*'
                        echo $line
                end
            end
        end
        complete --command punnet --no-files --keep-order --arguments '(__punnet_complete)'

        """u8;
}
