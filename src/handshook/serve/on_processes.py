"""Serve with several processes, an engine on a core each, behind one address."""

from collections.abc import Callable
from dataclasses import replace

from ..session.beside import environment, exit_code, program_decides, start_program
from ..session.files import allow_many_files
from ..session.place import Place
from ..session.team import Say, Team
from .job import Plan, serve, where


def serve_on_processes(plan: Plan, place: Place, say: Callable[[str], None]) -> int:
    """As `serve`, by a worker for each queue of the place's link. Raises `TeamFailed` where one can't even start."""
    assert place.network is not None
    alone = replace(plan, command=(), processes=1)

    def work(own: Place, tell: Say) -> None:
        serve(alone, own, say=tell)

    with Team(place.network, place.addresses, work, say) as team:
        team.start()
        if not plan.command:
            say(f"{where(plan, place)}; workers: {', '.join(map(str, team.pids))}")
            while True:
                team.watch()
        program = start_program(place.network, plan.command, environment(place, plan.at_port), say)
        if isinstance(program, int):
            return program
        allow_many_files()
        with program_decides(program):
            team.watch([program.fileno()])
        return exit_code(program.wait())
