/** What is done to a program, and what it draws when it has done it. Words that are typed are never those waited for. */
export type Act = { type: string; until: string; resize?: { columns: number; rows: number } };

export type ScreenProgram = { name: string; begin: string; acts: Act[] };

const quiet = 'stty -echo; PS1=; export LC_ALL=C.UTF-8 PS1; cd /tmp; name=screen-$$';
const text =
  "seq 1 300 | sed 's/$/ of some text, 漢字 and é, that goes on for a while until it wraps at the end of a line/' > $name";
const over = 'rm -f $name; echo fini""shed; exec cat';
const larger = { columns: 100, rows: 30 };
const smaller = { columns: 62, rows: 17 };

/** Programs that draw on the whole screen, each in its own way. */
export const programs: ScreenProgram[] = [
  {
    name: 'vim',
    begin: `${quiet}; ${text}; vim -u NONE -N -i NONE -n $name; ${over}`,
    acts: [
      { type: ':set nu mouse=a hls ls=2 ru title\r:echo 1000+1\r', until: '1001' },
      { type: '\x06\x06\x05\x05:echo 1000+2\r', until: '1002' },
      { type: ':split\r/wraps\r20Oinserted\x1b:echo 1000+3\r', until: '1003' },
      { type: 'ggdd5>>\x19\x19\x05:echo 1000+4\r', until: '1004' },
      { type: ':vsplit\rG:echo 1000+5\r', until: '1005', resize: larger },
      { type: 'ix\x0f:echo 1000+6\r', until: '1006', resize: smaller },
      { type: '\x1b:qa!\r', until: 'finished\r\n' },
    ],
  },
  {
    name: 'tmux',
    begin: `${quiet}; tmux -f /dev/null -L $name new-session 'PS1= sh'; ${over}`,
    acts: [
      {
        type: 'tmux set -g status-right ""; tmux set -g mouse on; tmux set -g assume-paste-time 0; stty -echo; echo $((1000+1))\r',
        until: '1001',
      },
      { type: '\x02%stty -echo; seq 1 50; echo $((1000+2))\r', until: '1002' },
      { type: '\x02"stty -echo; printf "\\033[1;7mbold\\033[0m\\n"; echo $((1000+3))\r', until: '1003' },
      { type: 'seq 1 40; printf "\\033(0lqqk\\033(B\\n"; echo $((1000+4))\r', until: '1004', resize: larger },
      { type: '\x02[', until: '\x1b[43m[' },
      { type: '\x1b[5~', until: '\x1b[?25h' },
      { type: 'qecho $((1000+5))\r', until: '1005', resize: smaller },
      { type: '\x02zseq 60 99; echo $((1000+6))\r', until: '1006' },
      { type: 'tmux kill-server\r', until: 'finished\r\n' },
    ],
  },
  {
    name: 'htop',
    begin: `${quiet}; HOME=/nonexistent htop -d 5 -u $(id -un); ${over}`,
    acts: [
      { type: 't', until: 'List' },
      { type: '\x1b[B\x1b[B\x1b[B', until: '\x1b[' },
      { type: 't', until: 'Tree', resize: larger },
      { type: '\x1b[A>', until: 'Sort by' },
      { type: '\r', until: 'Quit' },
      { type: 't', until: 'List', resize: smaller },
      { type: 'q', until: 'finished\r\n' },
    ],
  },
  {
    name: 'less',
    begin: `${quiet}; ${text}; less -N $name; ${over}`,
    acts: [
      { type: ' ', until: ' 11 ' },
      { type: '/wraps\r', until: 'wraps' },
      { type: 'jjjkk', until: ':' },
      { type: '150g', until: '150 of some' },
      { type: '-Sb', until: 'of some', resize: larger },
      { type: 'G', until: '300 of some' },
      { type: 'kkk', until: '\x1bM', resize: smaller },
      { type: 'q', until: 'finished\r\n' },
    ],
  },
];
