/*
 * The sessions of psimatch-1 §7 as a finite model for Spin: who may be in which state when, what each ledger holds by
 * then, and that nobody waits for ever. README.md says what is modelled, what is left out, and how to run it.
 *
 * Every step of the table in §7.1 stands in a STEP, and only there; a test compares them with psimatch.states.
 */

/* Bounds, and what may happen; `make deep-model` sets them by -D. */
#ifndef CHUNKS
#define CHUNKS 2            /* of Blinded, and so of Evaluated */
#endif
#ifndef TAG_CHUNKS
#define TAG_CHUNKS 2
#endif
#ifndef CLAIM_CHUNKS
#define CLAIM_CHUNKS 2
#endif
#ifndef WINDOW
#define WINDOW 4            /* chunks that the client keeps ahead, §7.2 step 4 */
#endif
#ifndef HELD
#define HELD 3              /* chunks that the server may leave unanswered while it waits, §7.3 step 3 */
#endif
#ifndef REVEAL_BOTH
#define REVEAL_BOTH 1
#endif
#ifndef SESSIONS
#define SESSIONS 1          /* one after the other, with the same two ledgers */
#endif
#ifndef ATTACKS
#define ATTACKS 0           /* what the network does to messages, in all */
#endif
#ifndef CANCELS
#define CANCELS 0           /* persons who end a session, in all */
#endif
#ifndef CRASHES
#define CRASHES 0           /* machines that stop, in all */
#endif
#define CAPACITY 5          /* envelopes on their way in one direction */

mtype = { Hello, ServerHello, Tags, Blinded, Evaluated, Claims, Contacts, LedgerHead, Receipt, Abort };
mtype:state = {
    new, awaiting_Hello, awaiting_ServerHello, admitting_the_server, awaiting_Tags, charging_for_Tags, receiving_Tags,
    receiving_Evaluated, receiving_Contacts, admitting_the_client, awaiting_Blinded, charging_for_Blinded,
    receiving_Blinded, receiving_Claims, awaiting_LedgerHead, awaiting_Receipt, finished, aborted
};

/*
 * A message: its type; the Hello and the server's part that make its session id (0 while the sender knows none); its
 * sequence number; whether it is the last of its series; whether its content passes the checks that its place calls
 * for. Signatures cover all of it, so a sender without keys can only move or drop what there is; Hello 0 is garbage.
 */
chan to_server = [CAPACITY] of { mtype, byte, byte, byte, bool, bool };
chan to_client = [CAPACITY] of { mtype, byte, byte, byte, bool, bool };

byte current;               /* the number of the session that runs */
bool somewhen_both_finished;

/* Durable: the ledgers, by the number of the session (and, for what was admitted, of the Hello). */
bool client_opened[SESSIONS + 1], client_admitted[SESSIONS + 1], client_signed[SESSIONS + 1],
     client_finished[SESSIONS + 1], server_opened[SESSIONS + 1], server_admitted[SESSIONS + 1],
     server_finished[SESSIONS + 1];
byte client_charged[SESSIONS + 1], server_charged[SESSIONS + 1];

/* Lost with the process: one session of each side. */
mtype:state client_state, server_state;
byte client_sent, client_received, client_part, blinded_sent, proved, unblinded, tags_received, contacts_received;
byte server_sent, server_received, server_hello, blinded_received, evaluated, answered, claims_received;
bool client_done, server_done, client_told, server_told, client_aborted_by_peer, server_aborted_by_peer;
bool client_released, server_released, receipt_left, counter_signature_left;
bool client_cancelled, server_cancelled, client_crashed, server_crashed;

#define STEP(role, before, event, after) \
    assert(role##_state == before); role##_state = after

#define IS_FINAL(state) (state == finished || state == aborted)

/* Hand a message to the network; where the peer has hung up it is lost. */
#define SEND(role, peer, kind, hello, part, last, sound) \
    atomic { \
        assert(!role##_told && !role##_aborted_by_peer && role##_state != aborted); \
        if \
        :: nfull(to_##peer) -> to_##peer ! kind, hello, part, role##_sent, last, sound; role##_sent++ \
        :: full(to_##peer) && peer##_done -> skip \
        fi \
    }

/* §9.2: one Abort, and never in answer to one. */
#define ABORT_(role, peer, hello, part) \
    atomic { \
        assert(!role##_told && !role##_aborted_by_peer && !IS_FINAL(role##_state)); \
        if \
        :: nfull(to_##peer) -> to_##peer ! Abort, hello, part, role##_sent, true, true; role##_sent++ \
        :: full(to_##peer) -> skip \
        fi; \
        role##_told = true; \
        role##_state = aborted \
    }

#ifdef TIMEOUTS
#define IDLE(role) timeout
#else
#define IDLE(role) false
#endif

/* §6.4: is this the next message of this session, signed for this place? */
#define TAKEN_BY_CLIENT (hello == run_ && sequence == client_received && (part == client_part || client_part == 0))
#define TAKEN_BY_SERVER (hello != 0 && sequence == server_received && \
    (server_received == 0 -> part == 0 : hello == server_hello && \
        (part == run_ || (part == 0 && kind == Abort && server_received == 1))))

#ifdef CONTROL_SKIP_PROOF
#define PROOF_PASSES true
#else
#define PROOF_PASSES sound
#endif

inline client_sends_blinded() {
    blinded_sent++;
    assert(client_charged[run_] == 1 && tags_received == TAG_CHUNKS);
    SEND(client, server, Blinded, run_, client_part, (blinded_sent == CHUNKS), true)
}

inline client_takes_tags() {
    if
    :: sound && last == (tags_received + 1 == TAG_CHUNKS) -> tags_received++
    :: else -> goto refuse
    fi;
    if
    :: !last -> STEP(client, receiving_Tags, Tags, receiving_Tags)
    :: last ->
        STEP(client, receiving_Tags, last_Tags, receiving_Evaluated);
        do
        :: blinded_sent < CHUNKS && blinded_sent < WINDOW -> client_sends_blinded()
        :: else -> break
        od
    fi
}

inline client_takes_evaluated() {
    /* Only what was sent is answered; nothing is unblinded before the proof of its chunk (§4.3). */
    if
    :: PROOF_PASSES && proved < blinded_sent -> proved = proved + (sound -> 1 : 0)
    :: else -> goto refuse
    fi;
    unblinded++;
    assert(unblinded <= proved);
    if
    :: blinded_sent < CHUNKS -> client_sends_blinded()
    :: else
    fi;
    assert(blinded_sent <= unblinded + WINDOW);
    if
    :: unblinded < CHUNKS -> STEP(client, receiving_Evaluated, Evaluated, receiving_Evaluated)
    :: unblinded == CHUNKS && !REVEAL_BOTH ->
        STEP(client, receiving_Evaluated, last_Evaluated_reveal_client, awaiting_LedgerHead)
    :: unblinded == CHUNKS && REVEAL_BOTH ->
        STEP(client, receiving_Evaluated, last_Evaluated_reveal_both, receiving_Contacts);
        count = 0;
        do
        :: count < CLAIM_CHUNKS ->
            count++;
            assert(proved == CHUNKS);
            SEND(client, server, Claims, run_, client_part, (count == CLAIM_CHUNKS), true)
        :: else -> break
        od
    fi
}

inline client_releases() {
    client_released = true;
    assert(client_finished[run_] && client_charged[run_] == 1 && proved == CHUNKS && unblinded == CHUNKS);
#ifndef BYZANTINE_SERVER
    assert(server_finished[run_])
#endif
}

inline client_signs() {
    STEP(client, awaiting_LedgerHead, LedgerHead, awaiting_Receipt);
#ifndef CONTROL_RECEIPT_BEFORE_LEDGER
    client_signed[run_] = true;
#endif
    receipt_left = true;
    assert(client_signed[run_] && proved == CHUNKS);
    SEND(client, server, Receipt, run_, client_part, true, true);
#ifdef CONTROL_RELEASE_EARLY
    client_releases();
#endif
}

proctype client(byte run_) {
    mtype kind;
    byte hello, part, sequence, count;
    bool last, sound;
    {
        client_opened[run_] = true;
        STEP(client, new, start, awaiting_ServerHello);
        SEND(client, server, Hello, run_, 0, true, true);
        do
        :: IS_FINAL(client_state) -> break
        :: !IS_FINAL(client_state) && server_done && empty(to_client) -> goto hang_up
        :: !IS_FINAL(client_state) && IDLE(client) -> goto refuse
        :: atomic { !IS_FINAL(client_state) && nempty(to_client) ->
                to_client ? kind, hello, part, sequence, last, sound };
            if
            :: !TAKEN_BY_CLIENT -> goto refuse
            :: TAKEN_BY_CLIENT && kind == Abort ->
                client_aborted_by_peer = true;
#ifdef CONTROL_ANSWER_ABORT
                goto refuse
#else
                goto hang_up
#endif
            :: else
            fi;
            client_received++;
            if
            :: client_state == awaiting_ServerHello && kind == ServerHello && sound ->
                client_part = part;
                STEP(client, awaiting_ServerHello, ServerHello, admitting_the_server);
#ifdef REFUSALS
                if
                :: skip
                :: goto refuse
                fi;
#endif
                client_admitted[run_] = true;
                STEP(client, admitting_the_server, admit, awaiting_Tags)
            :: client_state == awaiting_Tags && kind == Tags ->
                STEP(client, awaiting_Tags, Tags, charging_for_Tags);
                assert(client_admitted[run_] && client_charged[run_] == 0);
                client_charged[run_]++;
                STEP(client, charging_for_Tags, charge, receiving_Tags);
                client_takes_tags()
            :: client_state == receiving_Tags && kind == Tags -> client_takes_tags()
            :: client_state == receiving_Evaluated && kind == Evaluated -> client_takes_evaluated()
            :: client_state == receiving_Contacts && kind == Contacts && sound ->
                contacts_received++;
                if
                :: contacts_received < CLAIM_CHUNKS -> STEP(client, receiving_Contacts, Contacts, receiving_Contacts)
                :: else -> STEP(client, receiving_Contacts, last_Contacts, awaiting_LedgerHead)
                fi
            :: client_state == awaiting_LedgerHead && kind == LedgerHead -> client_signs()
            :: client_state == awaiting_Receipt && kind == Receipt && sound ->
                client_finished[run_] = true;
                STEP(client, awaiting_Receipt, Receipt, finished);
                client_releases()
            :: else -> goto refuse
            fi
        od;
        goto ended
    } unless {
        if
        :: atomic { client_crashed -> if :: client_state != finished -> client_state = aborted :: else fi }
        :: atomic { client_cancelled && !client_crashed && !IS_FINAL(client_state) && !client_done ->
                ABORT_(client, server, run_, client_part) }
        fi;
        goto ended
    };
refuse:
    ABORT_(client, server, run_, client_part);
#ifdef CONTROL_GO_ON_AFTER_ABORT
    client_state = awaiting_LedgerHead;
    client_signs();
#endif
    goto ended;
hang_up:
    client_state = aborted;
ended:
    client_done = true
}

inline server_takes_blinded() {
    if
    :: sound && last == (blinded_received + 1 == CHUNKS) -> blinded_received++
    :: else -> goto refuse
    fi;
    evaluated++;
    assert(server_charged[run_] == 1 && evaluated <= blinded_received && server_opened[run_]);
    if
    :: !last -> STEP(server, receiving_Blinded, Blinded, receiving_Blinded)
    :: last && REVEAL_BOTH -> STEP(server, receiving_Blinded, last_Blinded_reveal_both, receiving_Claims)
    :: last && !REVEAL_BOTH -> STEP(server, receiving_Blinded, last_Blinded_reveal_client, awaiting_Receipt)
    fi;
    /* How many it answers now is its own affair, within §7.3 step 3. */
    do
    :: answered < evaluated ->
        answered++;
        SEND(server, client, Evaluated, server_hello, run_, (answered == CHUNKS), true)
    :: answered == evaluated || (!last && evaluated - answered <= HELD) -> break
    od;
    if
    :: last && !REVEAL_BOTH -> SEND(server, client, LedgerHead, server_hello, run_, true, true)
    :: else
    fi
}

inline server_charges() {
#ifdef CONTROL_EVALUATE_FIRST
    evaluated++;
    assert(server_charged[run_] == 1);
#endif
#ifdef REFUSALS
    if
    :: skip
    :: goto refuse
    fi;
#endif
    server_charged[run_]++;
#ifdef CONTROL_CHARGE_TWICE
    server_charged[run_]++;
#endif
    assert(server_charged[run_] == 1);
    STEP(server, charging_for_Blinded, charge, receiving_Blinded)
}

inline server_takes_claims() {
    if
    :: sound && last == (claims_received + 1 == CLAIM_CHUNKS) -> claims_received++
    :: else -> goto refuse
    fi;
    if
    :: !last -> STEP(server, receiving_Claims, Claims, receiving_Claims)
    :: last ->
        STEP(server, receiving_Claims, last_Claims, awaiting_Receipt);
        count = 0;
        do
        :: count < CLAIM_CHUNKS ->
            count++;
            assert(server_charged[run_] == 1 && answered == CHUNKS);
            SEND(server, client, Contacts, server_hello, run_, (count == CLAIM_CHUNKS), true)
        :: else -> break
        od;
        SEND(server, client, LedgerHead, server_hello, run_, true, true)
    fi
}

inline server_sends_counter_signature() {
    counter_signature_left = true;
    assert(server_finished[run_]);
    SEND(server, client, Receipt, server_hello, run_, true, true)
}

inline server_counter_signs() {
#ifdef CONTROL_COUNTER_SIGN_BEFORE_LEDGER
    server_sends_counter_signature();
#endif
    server_finished[run_] = true;
    STEP(server, awaiting_Receipt, Receipt, finished);
#ifndef CONTROL_COUNTER_SIGN_BEFORE_LEDGER
    server_sends_counter_signature();
#endif
    server_released = true;
    assert(server_finished[run_] && server_charged[run_] == 1 && answered == CHUNKS);
#ifndef BYZANTINE_CLIENT
    assert(client_signed[run_])
#endif
}

proctype server(byte run_) {
    mtype kind;
    byte hello, part, sequence, count;
    bool last, sound;
    {
        STEP(server, new, start, awaiting_Hello);
        do
        :: IS_FINAL(server_state) -> break
        :: !IS_FINAL(server_state) && client_done && empty(to_server) -> goto hang_up
        :: !IS_FINAL(server_state) && IDLE(server) -> goto refuse
        :: atomic { !IS_FINAL(server_state) && nempty(to_server) ->
                to_server ? kind, hello, part, sequence, last, sound };
            if
            :: !TAKEN_BY_SERVER -> goto refuse
            :: TAKEN_BY_SERVER && kind == Abort -> server_aborted_by_peer = true; goto hang_up
            :: else
            fi;
            server_received++;
            if
            :: server_state == awaiting_Hello && kind == Hello && sound ->
                server_hello = hello;
                STEP(server, awaiting_Hello, Hello, admitting_the_client);
                if
#ifndef CONTROL_FORGET_HELLO
                :: server_admitted[hello] -> goto refuse
                :: !server_admitted[hello]
#else
                :: true
#endif
#ifdef REFUSALS
                :: goto refuse
#endif
                fi;
                assert(!server_admitted[hello]);
                atomic { server_opened[run_] = true; server_admitted[hello] = true };
                STEP(server, admitting_the_client, admit, awaiting_Blinded);
                SEND(server, client, ServerHello, hello, run_, true, true);
                count = 0;
                do
                :: count < TAG_CHUNKS ->
                    count++;
                    SEND(server, client, Tags, hello, run_, (count == TAG_CHUNKS), true)
                :: else -> break
                od
            :: server_state == awaiting_Blinded && kind == Blinded ->
                STEP(server, awaiting_Blinded, Blinded, charging_for_Blinded);
                server_charges();
                server_takes_blinded()
            :: server_state == receiving_Blinded && kind == Blinded -> server_takes_blinded()
            :: server_state == receiving_Claims && kind == Claims -> server_takes_claims()
            :: server_state == awaiting_Receipt && kind == Receipt && sound -> server_counter_signs()
            :: else -> goto refuse
            fi
        od;
        goto ended
    } unless {
        if
        :: atomic { server_crashed -> if :: server_state != finished -> server_state = aborted :: else fi }
        :: atomic { server_cancelled && !server_crashed && !IS_FINAL(server_state) && !server_done ->
                ABORT_(server, client, server_hello, (server_state == awaiting_Hello -> 0 : run_)) }
        fi;
        goto ended
    };
refuse:
    ABORT_(server, client, server_hello, run_);
    goto ended;
hang_up:
    server_state = aborted;
ended:
    server_done = true
}

inline any_type() {
    if
    :: kind = Hello
    :: kind = ServerHello
    :: kind = Tags
    :: kind = Blinded
    :: kind = Evaluated
    :: kind = Claims
    :: kind = Contacts
    :: kind = LedgerHead
    :: kind = Receipt
    :: kind = Abort
    fi
}

/*
 * A client that holds its keys and signs whatever it likes, in any state. It reads what has come
 * and puts one message at a time on its way: what the other side does depends on the messages' order alone, and Spin
 * would go through all ways to fill the channels.
 */
proctype byzantine_client(byte run_) {
    byte sent;
    mtype kind;
    byte hello, part, sequence;
    bool last, sound;
    do
    :: sent < CHUNKS + CLAIM_CHUNKS + 3 && empty(to_server) && empty(to_client) ->
        atomic {
            any_type();
            if :: last = true :: last = false fi;
            if :: sound = true :: sound = false fi;
            to_server ! kind, run_, (sent == 0 -> 0 : run_), sent, last, sound;
            sent++
        }
    :: to_client ? kind, hello, part, sequence, last, sound
    :: break
    od;
    client_done = true
}

/* A server that does. */
proctype byzantine_server(byte run_) {
    byte sent;
    mtype kind;
    byte hello, part, sequence;
    bool last, sound;
    do
    :: sent < TAG_CHUNKS + CHUNKS + CLAIM_CHUNKS + 4 && empty(to_client) && empty(to_server) ->
        atomic {
            any_type();
            if :: last = true :: last = false fi;
            if :: sound = true :: sound = false fi;
            to_client ! kind, run_, run_, sent, last, sound;
            sent++
        }
    :: to_server ? kind, hello, part, sequence, last, sound
    :: break
    od;
    server_done = true
}

/*
 * Without keys: takes away, repeats later, delays, or puts in garbage or what was recorded in an earlier session: a
 * Hello, an Abort under no session id, or one of the others, which the session id makes all alike.
 */
#define ATTACK(channel) \
    :: atomic { nempty(channel) -> channel ? kind, hello, part, sequence, last, sound }; attacks++ \
    :: atomic { nempty(channel) && nfull(channel) -> channel ? <kind, hello, part, sequence, last, sound>; \
        channel ! kind, hello, part, sequence, last, sound }; attacks++ \
    :: atomic { nempty(channel) -> channel ? kind, hello, part, sequence, last, sound; \
        channel ! kind, hello, part, sequence, last, sound }; attacks++ \
    :: atomic { nfull(channel) -> channel ! Abort, 0, 0, 0, true, true }; attacks++ \
    :: atomic { nfull(channel) && current > 1 -> \
        if \
        :: kind = Hello; part = 0; sequence = 0 \
        :: kind = Abort; part = 0; sequence = 1 \
        :: kind = Blinded; part = current - 1; sequence = 2 \
        fi; \
        channel ! kind, current - 1, part, sequence, true, true }; attacks++

proctype network() {
    byte attacks, hello, part, sequence;
    mtype kind;
    bool last, sound;
end_network:
    do
    :: attacks < ATTACKS ->
        if
        ATTACK(to_server)
        ATTACK(to_client)
        :: attacks = ATTACKS
        fi
    od
}

/* Persons cancel and machines stop: at any moment, since `unless` looks before each step of a session. */
proctype mishaps() {
    byte cancels, crashes;
end_mishaps:
    do
    :: cancels < CANCELS -> cancels++; if :: client_cancelled = true :: server_cancelled = true fi
    :: crashes < CRASHES -> crashes++; if :: client_crashed = true :: server_crashed = true fi
    od
}

inline both_new() {
    d_step {
        client_state = new; server_state = new;
        client_sent = 0; client_received = 0; client_part = 0; blinded_sent = 0; proved = 0; unblinded = 0;
        tags_received = 0; contacts_received = 0;
        server_sent = 0; server_received = 0; server_hello = 0; blinded_received = 0; evaluated = 0; answered = 0;
        claims_received = 0;
        client_done = false; server_done = false; client_told = false; server_told = false;
        client_aborted_by_peer = false; server_aborted_by_peer = false;
        client_released = false; server_released = false; receipt_left = false; counter_signature_left = false;
        client_cancelled = false; server_cancelled = false; client_crashed = false; server_crashed = false
    }
}

init {
    byte number, charges;
    mtype kind;
    byte hello, part, sequence;
    bool last, sound;
    atomic {
        if :: ATTACKS > 0 -> run network() :: else fi;
        if :: CANCELS + CRASHES > 0 -> run mishaps() :: else fi
    };
    do
    :: current < SESSIONS ->
        atomic {
            both_new();
            current++;
#ifdef BYZANTINE_CLIENT
            run byzantine_client(current);
#else
            run client(current);
#endif
#ifdef BYZANTINE_SERVER
            run byzantine_server(current)
#else
            run server(current)
#endif
        };
        atomic { client_done && server_done ->
            somewhen_both_finished = somewhen_both_finished || (client_state == finished && server_state == finished) };
        /* The next session is another connection. */
        do
        :: to_client ? kind, hello, part, sequence, last, sound
        :: to_server ? kind, hello, part, sequence, last, sound
        :: empty(to_client) && empty(to_server) -> break
        od
    :: else -> break
    od;
    /* However a session ended, it cost each side at most one charge. */
    atomic {
        for (number : 1 .. SESSIONS) {
            assert(client_charged[number] <= 1 && server_charged[number] <= 1);
            charges = charges + server_charged[number]
        }
        assert(charges <= SESSIONS)
    }
}

/* What holds always, or at last. Each is also asserted where it could first break, but for the last three. */
#ifdef CLAIMS_ABOUT_ONE_SESSION
ltl charged_before_evaluated { [] (evaluated > 0 -> server_charged[1] == 1) }
ltl charged_before_blinded_leaves { [] (blinded_sent > 0 -> client_charged[1] == 1) }
ltl proved_before_unblinded { [] (unblinded <= proved) }
ltl signed_before_receipt { [] (receipt_left -> client_signed[1]) }
ltl finished_before_counter_signature { [] (counter_signature_left -> server_finished[1]) }
ltl finished_before_release { [] ((client_released -> client_finished[1]) && (server_released -> server_finished[1])) }
ltl ends_are_ends {
    [] ((client_state == aborted -> [] (client_state == aborted)) && (client_state == finished -> [] (client_state == finished))
    && (server_state == aborted -> [] (server_state == aborted)) && (server_state == finished -> [] (server_state == finished)))
}
ltl server_finished_means_client_signed { [] (server_state == finished -> client_signed[1]) }
ltl client_finished_means_server_finished { [] (client_state == finished -> server_finished[1]) }
#endif
ltl both_end { <> (client_done && server_done) }
ltl both_finish { <> somewhen_both_finished }
