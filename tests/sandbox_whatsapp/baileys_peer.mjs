// SPDX-License-Identifier: AGPL-3.0-or-later
// Baileys as it comes from npm, spoken to in lines of JSON (see peer_protocol.py).
// Arguments: the folder it is installed in, the folder for its state, the network's address, the root key.

import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [installed, state, url, root] = process.argv.slice(2)
const require = createRequire(`${installed}/package.json`)
const load = name => import(pathToFileURL(require.resolve(name)))

const { WA_CERT_DETAILS } = await load('baileys/lib/Defaults/index.js')
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root, 'hex')
const { default: makeSocket, useMultiFileAuthState } = await load('baileys')
const { default: pino } = await load('pino')

const RESTART = 515
const tell = (event, fields = {}) => console.log(`@peer ${JSON.stringify({ event, ...fields })}`)
const { state: auth, saveCreds } = await useMultiFileAuthState(state)
let socket

function connect() {
  socket = makeSocket({
    auth,
    waWebSocketUrl: url,
    logger: pino({ level: 'silent' }),
    syncFullHistory: false,
    shouldSyncHistoryMessage: () => false,
  })
  socket.ev.on('creds.update', update => {
    saveCreds()
    if (update.myAppStateKeyId) tell('app-state-key')
  })
  socket.ev.on('connection.update', update => {
    if (update.qr) tell('qr', { code: update.qr })
    if (update.connection) tell('connection', { state: update.connection })
    if (update.connection === 'close') {
      if (update.lastDisconnect?.error?.output?.statusCode === RESTART) connect()
    }
  })
  socket.ev.on('messages.upsert', ({ messages }) => {
    for (const { key, message, pushName } of messages) {
      const text = message?.conversation || message?.extendedTextMessage?.text || ''
      tell('message', { id: key.id, chat: key.remoteJid, text, name: pushName ?? '' })
    }
  })
  socket.ev.on('messages.update', updates => {
    for (const { key, update } of updates) tell('status', { id: key.id, status: update.status ?? 0 })
  })
  socket.ev.on('message-receipt.update', updates => {
    for (const { key } of updates) tell('receipt', { id: key.id })
  })
  socket.ev.on('groups.upsert', groups => {
    for (const { id, subject } of groups) tell('group', { id, subject })
  })
}

const operations = {
  connect: async () => connect(),
  pin: async ({ chat }) => socket.chatModify({ pin: true }, chat),
  send: async ({ to, text }) => (await socket.sendMessage(to, { text })).key.id,
}

tell('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const { call, do: name, ...fields } = JSON.parse(line)
  operations[name](fields).then(
    result => tell('answer', { call, result }),
    error => tell('answer', { call, error: String(error?.stack ?? error) }),
  )
}
process.exit(0)
