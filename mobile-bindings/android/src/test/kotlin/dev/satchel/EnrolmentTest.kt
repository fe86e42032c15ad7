package dev.satchel

import dev.satchel.model.CustomerPatch
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

internal class EnrolmentTest : Field() {
    @Test
    fun `a device belongs to nobody until it redeems an invite`() = story {
        val ann = Phone("Ann").start()
        assertNull(ann.satchel.account())
        assertFails<SatchelException.SignedOut> { ann.shop("Corner shop") }
        assertFails<SatchelException.SignedOut> { ann.satchel.sync() }

        val account = ann.satchel.enrol(relay.invite(ann.member), relay.url)
        assertEquals(ann.member, account.member)
        assertEquals("Ann", account.name)
        assertEquals(Role.REP, account.role)
        assertEquals(account, ann.satchel.account()?.copy(name = "Ann"))
    }

    @Test
    fun `a wrong invite is told at its field and leaves the next one working`() = story {
        val ann = Phone("Ann").start()
        val refused = assertFails<SatchelException.Invalid> { ann.satchel.enrol("AAAA-BBBB-CCCC-DDDD", relay.url) }
        assertEquals(listOf("invite"), refused.violations.map { it.field })
        val nowhere = assertFails<SatchelException.Invalid> { ann.satchel.enrol("AAAA-BBBB-CCCC-DDDD") }
        assertEquals(listOf("relay"), nowhere.violations.map { it.field })
        assertFails<SatchelException.Offline> { ann.satchel.enrol("AAAA-BBBB-CCCC-DDDD", "http://127.0.0.1:9") }

        ann.satchel.enrol(relay.invite(ann.member), relay.url)
        ann.synced()
    }

    @Test
    fun `another person's invite is refused, and the device stays whose it was`() = story {
        val ann = Phone("Ann").enrolled()
        val bo = relay.member("Bo")
        val refused = assertFails<SatchelException.Invalid> { ann.satchel.enrol(relay.invite(bo), relay.url) }
        assertEquals(listOf("invite"), refused.violations.map { it.field })
        assertEquals(ann.member, ann.satchel.account()?.member)
        ann.synced()
    }

    @Test
    fun `the key lives in the app's secrets, and without it the device is signed out`() = story {
        val ann = Phone("Ann").enrolled()
        val key = ann.secrets.load("satchel.device")
        ann.satchel.close()
        val database = ann.file.readBytes()
        val hex = Regex("\"key\":\"([0-9a-f]+)\"").find(checkNotNull(key).decodeToString())?.groupValues?.get(1)
        val raw = checkNotNull(hex).chunked(2).map { it.toInt(16).toByte() }.toByteArray()
        assertArrayEquals(intArrayOf(), occurrences(database, raw), "the key stands in the database")
        assertArrayEquals(
            intArrayOf(),
            occurrences(database, hex.encodeToByteArray()),
            "the key stands in the database",
        )

        ann.secrets.forget("satchel.device")
        ann.start()
        assertFails<SatchelException.SignedOut> { ann.satchel.sync() }
        ann.satchel.enrol(relay.invite(ann.member), relay.url)
        ann.synced()
    }

    @Test
    fun `secrets that are out of reach for now say so`() = story {
        val ann = Phone("Ann").enrolled()
        ann.satchel.close()
        val locked = object : SecretStore by ann.secrets {
            override fun load(name: String): ByteArray? = throw IllegalStateException("locked")
        }
        val satchel = opened(ann.file, locked)
        assertFails<SatchelException.Unavailable> { satchel.sync() }
        // Writing needs no key.
        satchel.customers.create(CustomerPatch(name = "Corner shop"))
    }

    @Test
    fun `a revoked device hands in what it holds, is wiped, and takes nothing more`() = story {
        val ann = Phone("Ann").enrolled()
        val shop = ann.shop("Corner shop")
        ann.synced()
        ann.satchel.customers.edit(shop.id, CustomerPatch(industry = "retail"))
        relay.admin("device", "revoke", checkNotNull(ann.satchel.account()).device)
        ann.satchel.sync()
        val status = ann.satchel.status()
        assertTrue(status.revoked && status.wiped)
        assertEquals(0L, status.pending)
        assertFails<SatchelException.SignedOut> { ann.satchel.customers.create(CustomerPatch(name = "Kiosk")) }
    }

    private fun occurrences(bytes: ByteArray, part: ByteArray): IntArray =
        (0..bytes.size - part.size).filter { at -> part.indices.all { bytes[at + it] == part[it] } }.toIntArray()
}
