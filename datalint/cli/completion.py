"""`datalint completion SHELL`."""

from __future__ import annotations

import click

_HOW = {
    "bash": 'eval "$(datalint completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(datalint completion zsh)" in ~/.zshrc, after compinit',
    "fish": "datalint completion fish > ~/.config/fish/completions/datalint.fish",
}


@click.command(
    "completion",
    short_help="Print the completion script for a shell.",
    epilog="\n\n".join(["Install it with:", *_HOW.values()]),
)
@click.argument("shell", type=click.Choice(list(_HOW)))
def command(shell: str) -> None:
    """Print the script that completes commands, options, rules and formats in SHELL."""
    from click.shell_completion import get_completion_class

    from datalint.cli import cli

    found = get_completion_class(shell)
    if found is None:  # a Choice of what click knows
        raise click.ClickException(f"no completion for {shell}")
    # Not `source()`: for bash it first starts the bash on PATH to ask its version.
    maker = found(cli, {}, "datalint", "_DATALINT_COMPLETE")
    click.echo(maker.source_template % maker.source_vars())
