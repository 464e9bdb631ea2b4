// SPDX-License-Identifier: AGPL-3.0-or-later
// whatsapp-chat-parser as it comes from npm: the folder it is installed in, then exports; a line of JSON
// for each, run with TZ=UTC so that the clock's time comes out as it stands there.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [folder, ...files] = process.argv.slice(2)
const { parseString } = createRequire(`${folder}/`)('whatsapp-chat-parser')

for (const file of files) {
  const found = parseString(readFileSync(file, 'utf8')).map((one) => ({
    sent: one.date.toISOString().slice(0, 19),
    sender: one.author,
    text: one.message,
  }))
  process.stdout.write(`${JSON.stringify(found)}\n`)
}
