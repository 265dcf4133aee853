<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>AttachmentBar</name>
    <message numerus="yes">
        <source>No more than %n files can go with one message</source>
        <translation>
            <numerusform>No more than %n file can go with one message</numerusform>
            <numerusform>No more than %n files can go with one message</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Chip</name>
    <message numerus="yes">
        <source>{name}, %Ln models</source>
        <translation>
            <numerusform>{name}, %Ln model</numerusform>
            <numerusform>{name}, %Ln models</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ModelPane</name>
    <message numerus="yes">
        <source>%Ln models</source>
        <translation>
            <numerusform>%Ln model</numerusform>
            <numerusform>%Ln models</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{shown} of %Ln models</source>
        <translation>
            <numerusform>{shown} of %Ln model</numerusform>
            <numerusform>{shown} of %Ln models</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln rows could not be read</source>
        <translation>
            <numerusform>%Ln row could not be read</numerusform>
            <numerusform>%Ln rows could not be read</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>NumberEditor</name>
    <message numerus="yes">
        <source>%Ln seconds</source>
        <translation>
            <numerusform>%Ln second</numerusform>
            <numerusform>%Ln seconds</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln days</source>
        <translation>
            <numerusform>%Ln day</numerusform>
            <numerusform>%Ln days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln times</source>
        <translation>
            <numerusform>%Ln time</numerusform>
            <numerusform>%Ln times</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>OptionsDialog</name>
    <message numerus="yes">
        <source>The model writes up to %Ln tokens.</source>
        <translation>
            <numerusform>The model writes up to %Ln token.</numerusform>
            <numerusform>The model writes up to %Ln tokens.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RescuedNotice</name>
    <message numerus="yes">
        <source>The rest was kept in %n files in {folder}.</source>
        <translation>
            <numerusform>The rest was kept in %n file in {folder}.</numerusform>
            <numerusform>The rest was kept in %n files in {folder}.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>UnsavedQuestion</name>
    <message numerus="yes">
        <source>%n conversations are not saved yet</source>
        <translation>
            <numerusform>%n conversation is not saved yet</numerusform>
            <numerusform>%n conversations are not saved yet</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Counts</name>
    <message numerus="yes">
        <source>This conversation: %Ln answers</source>
        <translation>
            <numerusform>This conversation: %Ln answer</numerusform>
            <numerusform>This conversation: %Ln answers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln tokens in, {completion} out</source>
        <translation>
            <numerusform>%Ln token in, {completion} out</numerusform>
            <numerusform>%Ln tokens in, {completion} out</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln from the cache</source>
        <translation>
            <numerusform>%Ln from the cache</numerusform>
            <numerusform>%Ln from the cache</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of them thinking</source>
        <translation>
            <numerusform>%Ln of them thinking</numerusform>
            <numerusform>%Ln of them thinking</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Headings</name>
    <message numerus="yes">
        <source>{title}, %Ln models</source>
        <translation>
            <numerusform>{title}, %Ln model</numerusform>
            <numerusform>{title}, %Ln models</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Notes</name>
    <message numerus="yes">
        <source>An estimate: %Ln exchanges an hour, the last {history} of them remembered, nothing cached.</source>
        <translation>
            <numerusform>An estimate: %Ln exchange an hour, the last {history} of them remembered, nothing cached.</numerusform>
            <numerusform>An estimate: %Ln exchanges an hour, the last {history} of them remembered, nothing cached.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Quantities</name>
    <message numerus="yes">
        <source>%n seconds</source>
        <translation>
            <numerusform>%n second</numerusform>
            <numerusform>%n seconds</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n minutes</source>
        <translation>
            <numerusform>%n minute</numerusform>
            <numerusform>%n minutes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hours</source>
        <translation>
            <numerusform>%n hour</numerusform>
            <numerusform>%n hours</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln characters</source>
        <translation>
            <numerusform>%Ln character</numerusform>
            <numerusform>%Ln characters</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln keys</source>
        <translation>
            <numerusform>%Ln key</numerusform>
            <numerusform>%Ln keys</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln conversations</source>
        <translation>
            <numerusform>%Ln conversation</numerusform>
            <numerusform>%Ln conversations</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln answers</source>
        <translation>
            <numerusform>%Ln answer</numerusform>
            <numerusform>%Ln answers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n minutes ago</source>
        <translation>
            <numerusform>%n minute ago</numerusform>
            <numerusform>%n minutes ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hours ago</source>
        <translation>
            <numerusform>%n hour ago</numerusform>
            <numerusform>%n hours ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n days ago</source>
        <translation>
            <numerusform>%n day ago</numerusform>
            <numerusform>%n days ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln tokens</source>
        <translation>
            <numerusform>%Ln token</numerusform>
            <numerusform>%Ln tokens</numerusform>
        </translation>
    </message>
</context>
</TS>
