"""tshark reads the captures of all scenes, finds nothing malformed in them, and agrees with the engine's outcomes."""

import shutil
import subprocess

import pytest
from fault.conftest import ROOT
from lab.worlds import HANG, require

# The outcomes of a RST, on whichever side it was seen.
RESETS = {
    "CONNECTION_RESET",
    "CONNECTION_REFUSED",
    "HALF_OPEN_RESET",
    "SENT_RST",
    "SENT_RST_FOR_NO_ONE",
    "RST_OUTSIDE_WINDOW",
    "CLOSED_PORT_IGNORED",
    "LISTEN_RST_IGNORED",
}
AGAIN = {"SENT_SYN_AGAIN", "SENT_SYN_ACK_AGAIN", "SENT_DATA_AGAIN", "SENT_FIN_AGAIN"}
FIELDS = [
    "frame.number",
    "frame.comment",
    "ip.src",
    "tcp.stream",
    "tcp.flags.reset",
    "tcp.completeness",
    "tcp.checksum.status",
    "ip.checksum.status",
    "tcp.analysis.retransmission",
    "tcp.analysis.out_of_order",
    "tcp.len",
]


def tshark(*words):
    if shutil.which("tshark") is None:
        pytest.fail("these tests need tshark: apt install tshark")
    done = subprocess.run(["tshark", *words], capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def capture(played):
    assert played.of(require(ROOT))
    return played.capture


@pytest.fixture(scope="module")
def frames(capture):
    checks = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    chosen = [word for field in FIELDS for word in ("-e", field)]
    text = tshark("-2", "-r", str(capture), "-Y", "tcp", "-T", "fields", *checks, *chosen)
    rows = [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in text.splitlines()]
    for row in rows:
        row["outcome"] = row["frame.comment"].partition(":")[0].partition(" ")[0]
    return rows


def test_nothing_is_malformed(capture, frames):
    assert len(frames) > 1000
    assert tshark("-r", str(capture), "-Y", "_ws.malformed || _ws.short") == ""


def test_only_what_was_corrupted_on_purpose_has_a_wrong_checksum(frames):
    wrong = [row for row in frames if "0" in (row["tcp.checksum.status"], row["ip.checksum.status"])]
    assert wrong
    assert all("injected: changed by `corrupt" in row["frame.comment"] for row in wrong)


def test_every_packet_says_whether_it_came_about_by_itself(frames):
    assert all(("[natural]" in row["frame.comment"]) != ("[injected: " in row["frame.comment"]) for row in frames)
    injected = {row["frame.comment"].rpartition("[injected: ")[2].split()[0] for row in frames}
    assert {"dropped", "delayed", "copied", "changed", "forged"} <= injected


def test_it_agrees_on_resets(frames):
    for row in frames:
        if row["outcome"] not in ("INJECTED_LOSS", "INJECTED_SEGMENT", "SENT_SYN_ACK", "TCP_CHECKSUM_BAD"):
            assert (row["outcome"] in RESETS) == (row["tcp.flags.reset"] == "1"), row


def test_it_agrees_on_handshakes_completed(frames):
    streams = {row["tcp.stream"]: [] for row in frames}
    for row in frames:
        streams[row["tcp.stream"]].append(row)
    assert len(streams) > 40
    for rows in streams.values():
        if any("`stale syn" in row["frame.comment"] for row in rows):
            # Two attempts at one connection, which is what RFC 9293 3.5 is about: no count of tshark's.
            continue
        # SYN, SYN,ACK and ACK.
        completed = max(int(row["tcp.completeness"]) & 7 for row in rows) == 7
        ours = {"ESTABLISHED_PASSIVE", "ESTABLISHED_ACTIVE"} & {row["outcome"] for row in rows}
        assert bool(ours) == completed, [row["frame.comment"] for row in rows]


def test_it_agrees_on_what_we_send_again(frames):
    # Without the data or the FIN that was all of it, there is nothing in it that was sent before.
    again = [row for row in frames if row["outcome"] in AGAIN]
    ours = {row["frame.number"] for row in again if "injected: changed by" not in row["frame.comment"]}
    theirs = {
        row["frame.number"]
        for row in frames
        if (row["tcp.analysis.retransmission"] or row["tcp.analysis.out_of_order"])
        and row["frame.comment"].startswith("SENT_")
    }
    assert len(ours) > 20
    missing = [row for row in frames if row["frame.number"] in ours - theirs]
    assert not missing, missing
